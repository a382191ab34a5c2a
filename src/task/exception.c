/* SPDX-License-Identifier: MIT
 *
 * Errors and their detail.  See exception.h and <coil/error.h>.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/thread.h"
#include "task/exception.h"
#include "task/exception_group.h"
#include "task/keep.h"

/* ---- codes ----------------------------------------------------------- */

static const char *const names[] = {
#define X(code, name, text) name,
#include <coil/errors.def>
#undef X
};

static const char *const texts[] = {
#define X(code, name, text) text,
#include <coil/errors.def>
#undef X
};

static bool known(int error)
{
	return error >= 0 && error < COIL_ERROR_COUNT;
}

const char *coil_error_name(int error)
{
	return known(error) ? names[error] : error >= COIL_USER ? "UserError" : "Error";
}

/* ---- the detail ------------------------------------------------------ */

struct coil_exception *coil__exception_new(int error, const coil_site *site,
					   const char *format, va_list args)
{
	struct coil_exception *e;

	e = pool_take(pool_of(OBJECT_EXCEPTION), OBJECT_EXCEPTION);
	if (!e)
		return NULL;
	e->error = error;
	e->site = site;
	e->awaits_count = 0;
	e->members = NULL;
	e->message[0] = '\0';
	if (format && vsnprintf(e->message, sizeof(e->message), format, args) < 0)
		e->message[0] = '\0';
	return e;
}

/* What dies of it is put behind it, not recursed into: groups may be nested deep. */
void coil__exception_destroy(struct coil_exception *exception)
{
	struct coil_exception *e;

	exception->next_dying = NULL;
	while ((e = exception)) {
		exception = e->next_dying;
		if (e->members)
			exception = coil__exception_group_drop(e->members, exception);
		pool_give(pool_of(OBJECT_EXCEPTION), e);
	}
}

struct coil_exception *coil__exception_of(coil_result result)
{
	struct coil_exception *e = result.error ? handle_open(result.exception) : NULL;

	return e && e->object.kind == OBJECT_EXCEPTION ? e : NULL;
}

void coil__exception_through(coil_result result, const coil_site *site)
{
	struct coil_exception *e = coil__exception_of(result);

	if (!e)
		return;
	if (e->awaits_count < EXCEPTION_AWAITS)
		e->awaits[e->awaits_count] = site;
	e->awaits_count++;
}

void coil__exception_ref(coil_result result)
{
	struct coil_exception *e = coil__exception_of(result);

	if (e)
		object_ref(e);
}

void coil__exception_unref(coil_result result)
{
	struct coil_exception *e = coil__exception_of(result);

	if (e)
		object_unref(e);
}

/* ---- the program's side ---------------------------------------------- */

coil_result coil_raise_site(const coil_site *site, int error, const char *format, ...)
{
	coil_result result;
	va_list args;

	va_start(args, format);
	result = coil__raise(site, error, format, args);
	va_end(args);
	return result;
}

const char *coil_error_message(coil_result result)
{
	const struct coil_exception *e = coil__exception_of(result);

	if (e && e->message[0])
		return e->message;
	return known(result.error) && result.error ? texts[result.error] : "";
}

const coil_site *coil_error_site(coil_result result)
{
	const struct coil_exception *e = coil__exception_of(result);

	return e ? e->site : NULL;
}

static void print_site(const coil_site *site, const char *what,
		       const struct exception_print *how)
{
	fprintf(how->file, "%s  File \"%s\", line %d, in %s\n", how->prefix, site->file,
		site->line, site->function);
	if (what[0])
		fprintf(how->file, "%s    %s\n", how->prefix, what);
}

static void print_awaits(const struct coil_exception *e, const struct exception_print *how)
{
	uint32_t n = e->awaits_count;

	fprintf(how->file, "%s\n", how->head);
	if (n > EXCEPTION_AWAITS) {
		fprintf(how->file, "%s  ... %u more\n", how->prefix, n - EXCEPTION_AWAITS);
		n = EXCEPTION_AWAITS;
	}
	while (n-- > 0)
		print_site(e->awaits[n], e->awaits[n]->callee, how);
	if (e->site)
		print_site(e->site, "", how);
}

void coil__exception_print(coil_result result, const struct exception_print *how)
{
	const struct coil_exception *e = coil__exception_of(result);
	const char *message = coil_error_message(result);

	if (e && (e->awaits_count || e->site))
		print_awaits(e, how);
	if (known(result.error))
		fprintf(how->file, "%s%s", how->prefix, coil_error_name(result.error));
	else
		fprintf(how->file, "%s%s %d", how->prefix, coil_error_name(result.error),
			result.error);
	fprintf(how->file, "%s%s%s\n", message[0] ? ": " : "", message, how->tail);
}

void coil_print_exception(coil_result result, FILE *file)
{
	const struct coil_exception *e = coil__exception_of(result);
	const struct exception_print how = { file, TRACEBACK, "", "" };

	if (result.error && e && e->members)
		coil__exception_group_print(result, file);
	else if (result.error)
		coil__exception_print(result, &how);
}

int coil_exit_status(coil_result result)
{
	if (!result.error)
		return 0;
	coil_print_exception(result, stderr);
	return result.error == COIL_KEYBOARD_INTERRUPT ? 128 + SIGINT : 1;
}
