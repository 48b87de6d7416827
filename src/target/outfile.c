/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output files in folders that others may write to.
 *
 * Every step takes the folder by its descriptor and the name as it is, links not followed.  A name that
 * was free is given by a call that fails if it is not free any more; one that was taken is exchanged, and
 * exchanged back if what came out is not the file that was there at first.
 */
#include <config.h>

#include "target/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PRIVATE = 0600, MAX_TRIES = 100 };

static enum dlk_status system_error(struct dlk_ctx *ctx)
{
	return dlk_fail(ctx, DLK_ERR_SYSTEM, "%s", strerror(errno));
}

static enum dlk_status refuse(struct dlk_ctx *ctx, const char *why)
{
	return dlk_fail(ctx, DLK_ERR_INVALID, "%s", why);
}

/* Whether what has the name now may be replaced; it need not be there. */
static enum dlk_status judge(struct dlk_ctx *ctx, const struct stat *st)
{
	if (S_ISLNK(st->st_mode))
		return refuse(ctx, "is a link; give the file that it leads to");
	if (S_ISDIR(st->st_mode))
		return refuse(ctx, "is a folder; give the name of a file");
	if (!S_ISREG(st->st_mode))
		return refuse(ctx, "is no regular file; to write to a pipe or a device, give "
				   "\"-\" and redirect standard output");
	if (st->st_uid != geteuid())
		return refuse(ctx, "belongs to another user; give another name");
	return DLK_OK;
}

/* Nothing is opened by this: it only holds on to what is there, so that no other file has its number. */
static enum dlk_status look(struct dlk_outfile *out)
{
	struct stat st;

	out->former = openat(out->folder, out->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (out->former < 0)
		return errno == ENOENT ? DLK_OK : system_error(out->ctx);
	return fstat(out->former, &st) ? system_error(out->ctx) : judge(out->ctx, &st);
}

static bool is_the_former(const struct dlk_outfile *out, const char *name)
{
	struct stat now, former;

	return !fstatat(out->folder, name, &now, AT_SYMLINK_NOFOLLOW) &&
	       !fstat(out->former, &former) && now.st_dev == former.st_dev &&
	       now.st_ino == former.st_ino;
}

/* Names that nobody can foresee; the call itself sees to it that they are free. */
static bool next_name(struct dlk_outfile *out, int *tries)
{
	uint32_t number;

	if (++*tries > MAX_TRIES || getrandom(&number, sizeof(number), 0) != sizeof(number))
		return false;
	snprintf(out->temporary, sizeof(out->temporary), ".deadlock.%08x", number);
	return true;
}

static int open_named(struct dlk_outfile *out)
{
	int fd = -1, tries = 0;

	do {
		if (!next_name(out, &tries))
			break;
		fd = openat(out->folder, out->temporary,
			    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, PRIVATE);
	} while (fd < 0 && errno == EEXIST);
	if (fd < 0)
		out->temporary[0] = 0;
	return fd;
}

/* A file without a name gets one by way of /proc. */
static void name_of_descriptor(int fd, char text[32])
{
	snprintf(text, 32, "/proc/self/fd/%d", fd);
}

static int open_nameless(const struct dlk_outfile *out)
{
	int fd = openat(out->folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, PRIVATE);
	char name[32];

	if (fd < 0)
		return -1;
	name_of_descriptor(fd, name);
	if (!access(name, F_OK))
		return fd;
	close(fd);
	return -1;
}

/* The descriptor goes with the stream, or at once. */
static enum dlk_status open_stream(struct dlk_outfile *out, int fd)
{
	enum dlk_status status;

	if (fd < 0)
		return system_error(out->ctx);
	out->stream = fdopen(fd, "wb");
	if (out->stream)
		return DLK_OK;
	status = system_error(out->ctx);
	close(fd);
	return status;
}

static enum dlk_status open_file(struct dlk_outfile *out)
{
	int fd = open_nameless(out);

	return open_stream(out, fd < 0 ? open_named(out) : fd);
}

static enum dlk_status open_folder(struct dlk_outfile *out)
{
	const char *slash = strrchr(out->path, '/');
	const char *folder =
		slash ? dlk_format(out->ctx, "%.*s", (int)(slash + 1 - out->path), out->path) : ".";

	if (!folder)
		return dlk_nomem(out->ctx);
	out->name = slash ? slash + 1 : out->path;
	if (!*out->name)
		return refuse(out->ctx, "is a folder; give the name of a file");
	out->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return out->folder < 0 ? system_error(out->ctx) : DLK_OK;
}

/* Of a descriptor of its own: whoever closes it leaves standard output open. */
static enum dlk_status open_standard_output(struct dlk_outfile *out)
{
	return open_stream(out, fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
}

enum dlk_status dlk_outfile_open(struct dlk_ctx *ctx, const char *path, struct dlk_outfile *ret)
{
	enum dlk_status status;

	*ret = (struct dlk_outfile){
		.ctx = ctx, .path = dlk_strdup(ctx, path), .folder = -1, .former = -1
	};
	if (!ret->path)
		return dlk_nomem(ctx);
	if (!strcmp(path, "-"))
		return open_standard_output(ret);
	status = open_folder(ret);
	if (!status)
		status = look(ret);
	if (!status)
		status = open_file(ret);
	if (status)
		dlk_outfile_abandon(ret);
	errno = 0; /* of the first write that fails it stays */
	return status;
}

static enum dlk_status taken_meanwhile(struct dlk_outfile *out)
{
	return refuse(out->ctx, "somebody else put something there meanwhile; it is left alone, "
				"and nothing was written");
}

/* Give the nameless file a name that is free; @p name is NULL for one that nobody can foresee. */
static int link_nameless(struct dlk_outfile *out, const char *name)
{
	char from[32];
	int failed, tries = 0;

	name_of_descriptor(fileno(out->stream), from);
	if (name)
		return linkat(AT_FDCWD, from, out->folder, name, AT_SYMLINK_FOLLOW);
	do {
		if (!next_name(out, &tries))
			return -1;
		failed = linkat(AT_FDCWD, from, out->folder, out->temporary, AT_SYMLINK_FOLLOW);
	} while (failed && errno == EEXIST);
	if (failed)
		out->temporary[0] = 0;
	return failed;
}

static enum dlk_status take_free_name(struct dlk_outfile *out)
{
	int failed = out->temporary[0]
			     ? linkat(out->folder, out->temporary, out->folder, out->name, 0)
			     : link_nameless(out, out->name);

	/* Where there are no hard links. */
	if (failed && out->temporary[0] && errno != EEXIST) {
		failed = renameat2(out->folder, out->temporary, out->folder, out->name,
				   RENAME_NOREPLACE);
		if (!failed)
			out->temporary[0] = 0;
	}
	if (!failed)
		return DLK_OK;
	return errno == EEXIST ? taken_meanwhile(out) : system_error(out->ctx);
}

static enum dlk_status replace_former(struct dlk_outfile *out)
{
	if (!out->temporary[0] && link_nameless(out, NULL))
		return system_error(out->ctx);
	if (!is_the_former(out, out->name))
		return taken_meanwhile(out);
	if (!renameat2(out->folder, out->temporary, out->folder, out->name, RENAME_EXCHANGE)) {
		if (is_the_former(out, out->temporary))
			return DLK_OK;
		if (renameat2(out->folder, out->temporary, out->folder, out->name, RENAME_EXCHANGE))
			return system_error(out->ctx);
		return taken_meanwhile(out);
	}
	/* Where names cannot be exchanged, what is there is replaced, never what it may lead to. */
	if (errno != EINVAL || renameat(out->folder, out->temporary, out->folder, out->name))
		return system_error(out->ctx);
	out->temporary[0] = 0;
	return DLK_OK;
}

enum dlk_status dlk_outfile_commit(struct dlk_outfile *out)
{
	enum dlk_status status = DLK_OK;

	if (fflush(out->stream) || ferror(out->stream))
		status = system_error(out->ctx);
	if (!status && out->folder >= 0)
		status = out->former >= 0 ? replace_former(out) : take_free_name(out);
	dlk_outfile_abandon(out);
	return status;
}

void dlk_outfile_abandon(struct dlk_outfile *out)
{
	if (out->stream)
		fclose(out->stream);
	out->stream = NULL;
	if (out->temporary[0])
		unlinkat(out->folder, out->temporary, 0);
	out->temporary[0] = 0;
	if (out->former >= 0)
		close(out->former);
	if (out->folder >= 0)
		close(out->folder);
	out->folder = out->former = -1;
}
