/* SPDX-License-Identifier: MIT
 *
 * What every other header needs: the types, call sites, and ownership.
 *
 * OWNERSHIP, in one rule: whoever makes an awaitable (a coroutine, a future, a
 * task) owns it; awaiting it, gathering it or making a task of it hands it
 * over, and the handle must not be used again.  coil_retain() keeps one past
 * that, coil_release() lets one go.  On the straight path there is nothing to
 * free; what is left when its loop closes is freed then.
 *
 * A handle that is used after it was handed over is caught: the call returns
 * COIL_INVALID_HANDLE (or NULL, false, 0) and says on standard error where the
 * handle was used and where it had been handed over.  It is never undefined
 * behaviour.
 *
 * THREADS: a loop and its objects belong to the thread that runs the loop.  The few
 * calls that are safe from other threads are listed in <coil/concurrent.h>.
 */
#ifndef COIL_BASE_H
#define COIL_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define COIL_API __attribute__((visibility("default")))
#define COIL_PRINTF(text_, first_) __attribute__((format(printf, text_, first_)))
#else
#error "coil needs the GNU C extensions (gcc or clang)"
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define COIL_VERSION_MAJOR 0
#define COIL_VERSION_MINOR 1
#define COIL_VERSION_PATCH 0

/* The version of the library that is linked, as "0.1.0". */
COIL_API const char *coil_version(void);

/* Awaitables are handles: opaque, checked at every call, not to be
 * dereferenced.  A task is a future, and a coroutine is what a task runs;
 * which kind a handle is, the library checks when it is used. */
typedef struct coil_awaitable coil_awaitable;
typedef coil_awaitable coil_coroutine; /* made by coil_coro: has not started */
typedef coil_awaitable coil_future;    /* a result that will come            */
typedef coil_awaitable coil_task;      /* a coroutine that the loop runs     */

typedef struct coil_loop coil_loop;           /* an event loop                 */
typedef struct coil_handle coil_handle;       /* a callback that is scheduled  */
typedef struct coil_exception coil_exception; /* the detail of an error        */
typedef struct coil_context coil_context;     /* values of context variables   */

/* A place in the program, made by the macros below and never freed.  It is
 * static and constant, so that recording a call costs one pointer. */
typedef struct coil_site {
	const char *function; /* the function that made the call        */
	const char *file;     /* as the compiler knows it                */
	int line;
	const char *callee;   /* what was named: the coroutine, callback */
	const char *argument; /* the argument as written, or ""          */
} coil_site;

/* A pointer to the descriptor of the place where this macro is expanded. */
#define COIL_SITE(callee_, argument_)                                          \
	__extension__({                                                        \
		static const coil_site coil_site_ = {                          \
			__func__, __FILE__, __LINE__, callee_, argument_       \
		};                                                             \
		&coil_site_;                                                   \
	})

/* An optional printf format with its arguments; NULL when there is none. */
#define COIL_FORMAT(...) COIL_FORMAT_##__VA_OPT__(1)(__VA_ARGS__)
#define COIL_FORMAT_() NULL
#define COIL_FORMAT_1(...) __VA_ARGS__

/* Options of a call, by their names; what is not named is zero:
 *	coil_run(main, .debug = COIL_DEBUG_ON) */
#ifdef __cplusplus
#define COIL_OPTIONS(type_, ...) (type_{ __VA_ARGS__ })
#else
#define COIL_OPTIONS(type_, ...) ((type_){ __VA_ARGS__ })
#endif

/* Keeps an awaitable, a handle, an exception or a list past the call that it is
 * about to be handed to.  Every retain wants one coil_release.
 * Result: the object itself, for nesting: coil_await(coil_retain(task)).
 * Errors: NULL stays NULL; a stale handle is reported and given back as it is.
 * Does not suspend.  (Python: another reference to the object.) */
#define coil_retain(object)                                                    \
	((__typeof__(object))coil_retain_site((object), COIL_SITE(#object, "")))
COIL_API void *coil_retain_site(const void *object, const coil_site *site);

/* Lets go of an object that the caller owns.  A coroutine that never ran is
 * reported ("coroutine 'f' was never awaited"), and so is an error that nobody
 * looked at ("Task exception was never retrieved").  A task that is still
 * running goes on.  NULL is ignored.  Does not suspend.  (Python: del x.) */
#define coil_release(object) coil_release_site((object), COIL_SITE(#object, ""))
COIL_API void coil_release_site(const void *object, const coil_site *site);

#ifdef __cplusplus
}
#endif
#endif
