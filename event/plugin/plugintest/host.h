// The part of Falco's plugin interface, version 3.11, that a Host calls.

#include <stddef.h>
#include <stdint.h>

typedef struct {
	const void *evt;
	uint64_t evtnum;
	const char *evtsrc;
} host_event;

typedef struct {
	uint32_t len;
	const void *ptr;
} host_bytes;

typedef struct {
	void *res;
	uint64_t res_len;
	uint32_t field_id;
	const char *field;
	const char *arg_key;
	uint64_t arg_index;
	uint32_t arg_present;
	uint32_t ftype;
	uint32_t flist;
} host_field;

typedef struct {
	const char *config;
	void *owner, *owner_error, *tables, *log;
} host_init;

typedef struct {
	void *owner, *owner_error;
	uint32_t num_fields;
	host_field *fields;
	void *table_reader[4], *table_reader_ext, *value_offsets;
} host_extract;

typedef struct {
	void *object;
	void *(*init)(const host_init *, int32_t *);
	void (*destroy)(void *);
	const char *(*get_last_error)(void *);
	const char *(*get_fields)(void);
	void *(*open)(void *, const char *, int32_t *);
	void (*close)(void *, void *);
	int32_t (*next_batch)(void *, void *, uint32_t *, void ***);
	const char *(*get_progress)(void *, void *, uint32_t *);
	const char *(*event_to_string)(void *, const host_event *);
	int32_t (*extract_fields)(void *, const host_event *, const host_extract *);
} host_plugin;

// host_load returns what is wrong, or NULL.
const char *host_load(const char *file, host_plugin *p);
void *host_init_plugin(host_plugin *p, const char *config, int32_t *rc);
void host_destroy(host_plugin *p, void *state);
const char *host_last_error(host_plugin *p, void *state);
const char *host_fields(host_plugin *p);
void *host_open(host_plugin *p, void *state, const char *params, int32_t *rc);
void host_close(host_plugin *p, void *state, void *instance);
int32_t host_next_batch(host_plugin *p, void *state, void *instance, uint32_t *n, void ***events);
const char *host_progress(host_plugin *p, void *state, void *instance);
const char *host_string(host_plugin *p, void *state, const void *evt, uint64_t num);
int32_t host_extract_fields(host_plugin *p, void *state, const void *evt, uint64_t num, host_field *fields, uint32_t n);
