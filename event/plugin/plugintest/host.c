//go:build cgo && (linux || darwin)

#define _GNU_SOURCE
#include <dlfcn.h>
#include "host.h"

const char *host_load(const char *file, host_plugin *p)
{
	int flags = RTLD_NOW;
#ifdef __linux__
	flags |= RTLD_DEEPBIND; // its symbols are also those of this process
#endif
	p->object = dlopen(file, flags);
	if (!p->object)
		return dlerror();
#define SYMBOL(name)                                            \
	*(void **)(&p->name) = dlsym(p->object, "plugin_" #name); \
	if (!p->name)                                           \
		return "there is no plugin_" #name;
	SYMBOL(init)
	SYMBOL(destroy)
	SYMBOL(get_last_error)
	SYMBOL(get_fields)
	SYMBOL(open)
	SYMBOL(close)
	SYMBOL(next_batch)
	SYMBOL(get_progress)
	SYMBOL(event_to_string)
	SYMBOL(extract_fields)
	return NULL;
}

void *host_init_plugin(host_plugin *p, const char *config, int32_t *rc)
{
	host_init in = {.config = config};
	return p->init(&in, rc);
}

void host_destroy(host_plugin *p, void *state) { p->destroy(state); }
const char *host_last_error(host_plugin *p, void *state) { return p->get_last_error(state); }
const char *host_fields(host_plugin *p) { return p->get_fields(); }
void *host_open(host_plugin *p, void *state, const char *params, int32_t *rc) { return p->open(state, params, rc); }
void host_close(host_plugin *p, void *state, void *instance) { p->close(state, instance); }

int32_t host_next_batch(host_plugin *p, void *state, void *instance, uint32_t *n, void ***events)
{
	return p->next_batch(state, instance, n, events);
}

const char *host_progress(host_plugin *p, void *state, void *instance)
{
	uint32_t percent = 0;
	return p->get_progress(state, instance, &percent);
}

const char *host_string(host_plugin *p, void *state, const void *evt, uint64_t num)
{
	host_event e = {.evt = evt, .evtnum = num};
	return p->event_to_string(state, &e);
}

int32_t host_extract_fields(host_plugin *p, void *state, const void *evt, uint64_t num, host_field *fields, uint32_t n)
{
	host_event e = {.evt = evt, .evtnum = num};
	host_extract in = {.num_fields = n, .fields = fields};
	return p->extract_fields(state, &e, &in);
}
