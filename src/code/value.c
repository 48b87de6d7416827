/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "code/value.h"

struct dlk_value dlk_loads_get(struct dlk_loads *loads, struct dlk_value address, bool is_percpu)
{
	struct dlk_value ret = { .how = DLK_VALUE_UNKNOWN };
	uint16_t i = 0;

	if (address.how == DLK_VALUE_UNKNOWN)
		return ret;
	while (i < loads->count && (loads->is_percpu[i] != is_percpu ||
				    !dlk_value_is_same(&loads->address[i], &address)))
		i++;
	if (i == DLK_MAX_LOADS)
		return ret;
	if (i == loads->count) {
		loads->address[i] = address;
		loads->is_percpu[i] = is_percpu;
		loads->count++;
	}
	ret.how = DLK_VALUE_LOADED;
	ret.load = i;
	return ret;
}
