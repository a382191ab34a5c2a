/* SPDX-License-Identifier: MIT
 *
 * The logger: its level, its handler, and what makes records.  See <coil/log.h>.
 *
 * Threads that are in a handler are counted, by generation: a new handler begins a
 * generation, and whoever sets it waits until nobody is left in the one before.  The lock
 * is held for the counting alone, never while a handler runs; so it can be held across a
 * fork, and the child finds the logger whole.
 *
 * Invariants: users[generation & 1] are in the handler that is set; of the others, the
 * last generation's, there are some only while coil_log_set_handler waits for them.  A
 * thread counts once at most (silent).
 *
 * Cost of a record: two times the lock, the clock, and what the handler takes; one below
 * the level costs a load.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/object.h"

#define SHORT 1001 /* the bytes that need no memory, and a NUL */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t left;      /* the last of a generation has left its handler  */
	coil_log_handler handler;
	void *arg;
	unsigned generation;
	unsigned users[2];        /* threads in a handler, by generation & 1        */
} logger = {
	.lock = PTHREAD_MUTEX_INITIALIZER, .left = PTHREAD_COND_INITIALIZER,
	.handler = coil_log_stderr_handler,
};

#define UNKNOWN INT_MIN /* COIL_LOG was not looked at yet */
static int level = UNKNOWN;

static __thread bool silent; /* in a handler, or a thread of a queue */
static __thread bool counted;
static __thread bool forking; /* this thread has the locks */

/* ---- forks ------------------------------------------------------------ */

static void before_fork(void)
{
	coil__log_queues_lock();
	pthread_mutex_lock(&logger.lock);
	forking = true;
}

static void after_fork(void)
{
	forking = false;
	pthread_mutex_unlock(&logger.lock);
	coil__log_queues_unlock();
}

/* Of those that were in handlers only this thread is left. */
static void after_fork_in_child(void)
{
	logger.users[!(logger.generation & 1)] = 0;
	logger.users[logger.generation & 1] = counted;
	logger.left = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
	forking = false;
	pthread_mutex_unlock(&logger.lock);
	coil__log_queues_orphan();
}

/* Before all others of the library, so that this is the last to be called before a fork:
 * who holds one of their locks may log, but who logs takes none of theirs.  Without
 * memory to arrange that, a child may find a lock taken for ever. */
static __attribute__((constructor)) void watch_forks(void)
{
	(void)pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

/* ---- levels ----------------------------------------------------------- */

static const struct {
	int level;
	const char *name;
} levels[] = {
	{ COIL_LOG_DEBUG, "DEBUG" }, { COIL_LOG_INFO, "INFO" },
	{ COIL_LOG_WARNING, "WARNING" }, { COIL_LOG_ERROR, "ERROR" },
	{ COIL_LOG_CRITICAL, "CRITICAL" },
};
#define LEVELS (sizeof(levels) / sizeof(levels[0]))

const char *coil_log_level_name(int of)
{
	const char *name = "NOTSET";

	for (size_t i = 0; i < LEVELS && levels[i].level <= of; i++)
		name = levels[i].name;
	return name;
}

static int level_of(const char *name)
{
	for (size_t i = 0; i < LEVELS; i++)
		if (strcasecmp(name, levels[i].name) == 0)
			return levels[i].level;
	return UNKNOWN;
}

void coil_log_set_level(int new_level)
{
	__atomic_store_n(&level, new_level, __ATOMIC_RELAXED);
}

static cold int level_from_environment(void)
{
	const char *said = getenv("COIL_LOG");
	int now = said && *said ? level_of(said) : COIL_LOG_WARNING, none = UNKNOWN;
	bool known = now != UNKNOWN;

	if (!known)
		now = COIL_LOG_WARNING;
	if (!__atomic_compare_exchange_n(&level, &none, now, false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED))
		return none; /* another thread has set it meanwhile */
	if (!known)
		coil__log_warning(NULL, "COIL_LOG=%s is not debug, info, warning, error or "
				  "critical; using warning", said);
	return now;
}

int coil_log_get_level(void)
{
	int now = __atomic_load_n(&level, __ATOMIC_RELAXED);

	return likely(now != UNKNOWN) ? now : level_from_environment();
}

bool coil_log_is_enabled_for(int of)
{
	return of >= coil_log_get_level();
}

/* ---- the handler ------------------------------------------------------ */

void coil_log_set_handler(coil_log_handler handler, void *arg)
{
	unsigned before;

	pthread_mutex_lock(&logger.lock);
	while (!counted && logger.users[!(logger.generation & 1)])
		pthread_cond_wait(&logger.left, &logger.lock);
	logger.handler = handler ? handler : coil_log_stderr_handler;
	logger.arg = handler ? arg : NULL;
	if (!counted) { /* from inside of a handler: nobody to wait for */
		before = logger.generation++ & 1;
		while (logger.users[before])
			pthread_cond_wait(&logger.left, &logger.lock);
	}
	pthread_mutex_unlock(&logger.lock);
}

void coil__log_silence(bool now)
{
	silent = now;
}

static void handle(const coil_log_record *record)
{
	coil_log_handler handler;
	unsigned mine;
	void *arg;

	pthread_mutex_lock(&logger.lock);
	handler = logger.handler;
	arg = logger.arg;
	mine = logger.generation & 1;
	logger.users[mine]++;
	silent = counted = true;
	pthread_mutex_unlock(&logger.lock);
	handler(record, arg);
	pthread_mutex_lock(&logger.lock);
	silent = counted = false;
	if (--logger.users[mine] == 0)
		pthread_cond_broadcast(&logger.left);
	pthread_mutex_unlock(&logger.lock);
}

/* Nothing can be done about a standard error that is closed, or full. */
void coil_log_stderr_handler(const coil_log_record *record, void *unused)
{
	char newline = '\n';
	struct iovec parts[2] = {
		{ (void *)(uintptr_t)record->message, record->length }, { &newline, 1 }
	};
	ssize_t n;

	(void)unused;
	while (parts[1].iov_len) {
		n = writev(STDERR_FILENO, parts, 2);
		if (n < 0 && errno != EINTR)
			return;
		for (int i = 0; i < 2 && n > 0; i++) { /* it may have been a part */
			size_t done = (size_t)n < parts[i].iov_len ? (size_t)n : parts[i].iov_len;

			parts[i].iov_base = (char *)parts[i].iov_base + done;
			parts[i].iov_len -= done;
			n -= (ssize_t)done;
		}
	}
}

/* ---- making records --------------------------------------------------- */

static double seconds_since_1970(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t); /* cannot fail with this clock */
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void coil__log_text(const coil_site *site, int of, const char *text, size_t length)
{
	int error = errno; /* logging is not to change it */
	coil_log_record record = {
		.level = of, .logger = "asyncio", .message = text, .length = length,
		.site = site,
	};

	if (silent || !coil_log_is_enabled_for(of))
		return;
	record.created = seconds_since_1970();
	record.thread = syscall(SYS_gettid);
	if (unlikely(forking)) /* what others have to say of it */
		coil_log_stderr_handler(&record, NULL);
	else
		handle(&record);
	errno = error;
}

static int append(char *text, size_t size, size_t used, const char *format, va_list args)
	__attribute__((format(printf, 4, 0)));

/* Behind what is USED of SIZE.  Result: the bytes it has, or would have. */
static int append(char *text, size_t size, size_t used, const char *format, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	n = used < size ? vsnprintf(text + used, size - used, format, again) :
			  vsnprintf(NULL, 0, format, again);
	va_end(again);
	return n < 0 ? 0 : n;
}

static int append_place(char *text, size_t size, bool named, const coil_site *site)
{
	if (!named)
		return 0;
	if (!site)
		return snprintf(text, size, "coil: ");
	return snprintf(text, size, "coil: %s:%d: in %s: ", site->file, site->line,
			site->function);
}

static size_t write_message(char *text, size_t size, bool named, const coil_site *site,
			    const char *format, va_list args)
	__attribute__((format(printf, 5, 0)));

/* NAMED: begins with our name, and the place. */
static size_t write_message(char *text, size_t size, bool named, const coil_site *site,
			    const char *format, va_list args)
{
	int place = append_place(text, size, named, site);
	size_t used = place < 0 ? 0 : (size_t)place;

	return used + (size_t)append(text, size, used, format, args);
}

static void log_message(const coil_site *site, int of, bool named, const char *format,
			va_list args) __attribute__((format(printf, 4, 0)));

static void log_message(const coil_site *site, int of, bool named, const char *format,
			va_list args)
{
	char brief[SHORT], *text = brief;
	int error = errno;
	size_t length;

	if (silent || !coil_log_is_enabled_for(of))
		return;
	length = write_message(brief, sizeof(brief), named, site, format, args);
	if (length >= sizeof(brief)) {
		text = malloc(length + 1);
		if (text)
			write_message(text, length + 1, named, site, format, args);
		else
			length = sizeof(brief) - 1;
	}
	coil__log_text(site, of, text ? text : brief, length);
	if (text != brief)
		free(text);
	errno = error;
}

void coil_log_site(const coil_site *site, int of, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_message(site, of, false, format, args);
	va_end(args);
}

void coil__log(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_message(NULL, COIL_LOG_ERROR, true, format, args);
	va_end(args);
}

void coil__log_misuse(const coil_site *site, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_message(site, COIL_LOG_ERROR, true, format, args);
	va_end(args);
}

void coil__log_warning(const coil_site *site, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_message(site, COIL_LOG_WARNING, true, format, args);
	va_end(args);
}
