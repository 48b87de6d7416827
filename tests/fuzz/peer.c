/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "peer.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

#include "fuzz.h"

static char folder[] = "/tmp/dlk-fuzz-XXXXXX";
static char path[sizeof(folder) + 8], address[sizeof(path) + 8];
static int listener = -1;
static pid_t owner;
static sem_t has_closed;
static const char *words;
static size_t words_len;

static void clean_up(void)
{
	if (getpid() != owner)
		return;
	unlink(path);
	rmdir(folder);
}

static void talk(int fd)
{
	char heard[4096];
	size_t at = 0;
	ssize_t sent = 0;

	for (; at < words_len && sent >= 0; at += (size_t)sent)
		sent = send(fd, words + at, words_len - at, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	while (recv(fd, heard, sizeof(heard), 0) > 0)
		;
}

static void *serve(void *arg)
{
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		talk(fd);
		close(fd);
		sem_post(&has_closed);
	}
	return arg;
}

static void start(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	pthread_t thread;

	FUZZ_CLAIM(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/peer", folder);
	snprintf(address, sizeof(address), "unix:%s", path);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	owner = getpid();
	atexit(clean_up);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FUZZ_CLAIM(listener >= 0 && !bind(listener, (const struct sockaddr *)&at, sizeof(at)) &&
		   !listen(listener, 1));
	FUZZ_CLAIM(!sem_init(&has_closed, 0, 0));
	FUZZ_CLAIM(!pthread_create(&thread, NULL, serve, NULL) && !pthread_detach(thread));
}

const char *fuzz_peer_says(const void *bytes, size_t len)
{
	words = bytes;
	words_len = len;
	if (listener < 0)
		start();
	return address;
}

void fuzz_peer_wait(void)
{
	while (sem_wait(&has_closed))
		;
}
