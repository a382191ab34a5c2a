/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a trace: it may be refused, but whatever is read out of it must go
 * through the labels, the rebuilt state, the laws and the printer, and the
 * invariants of the state must hold all the way.  Twice: reading is repeatable.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "trace/check.h"
#include "trace/names.h"
#include "trace/reader_print.h"
#include "trace/state.h"

#define VALIDATED 200 /* events: to validate costs as much as the state is large */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count_violation(const struct coil__violation *violation, void *count)
{
	if (!coil__law_name(violation->law) || !violation->message[0])
		abort();
	++*(uint64_t *)count;
}

static uint64_t read_all(struct coil__reader *reader, FILE *sink)
{
	uint64_t events = 0, violations = 0;
	struct coil__check *check = coil__check_create(count_violation, &violations);
	struct coil__names *names = coil__names_create(reader);
	struct coil__event event;

	for (; coil__reader_next(reader, &event); events++) {
		if (event.index != events + 1 || event.text[event.text_length])
			abort();
		coil__names_apply(names, &event);
		coil__check_event(check, &event);
		coil__print_event(sink, reader, names, &event);
		if (events < VALIDATED && coil__state_validate(coil__check_state(check)))
			abort();
	}
	if (coil__state_validate(coil__check_state(check)))
		abort();
	coil__names_destroy(names);
	coil__check_destroy(check);
	return events;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *sink;
	struct coil__reader *reader;
	char *error;

	if (!sink && !(sink = fopen("/dev/null", "w")))
		abort();
	reader = coil__reader_open_memory(data, size, "input", &error);
	if (!reader) {
		if (!error)
			abort();
		free(error);
		return 0;
	}
	coil__print_header(sink, coil__reader_header(reader));
	if (coil__reader_error(reader))
		abort(); /* it tells of damage only behind the good part */
	uint64_t events = read_all(reader, sink);

	coil__reader_rewind(reader);
	if (read_all(reader, sink) != events)
		abort();
	coil__reader_close(reader);
	return 0;
}
