/* SPDX-License-Identifier: MIT
 *
 * The logger: messages, levels, handlers, threads and forks; and what version this is.
 */
#include <coil.h>
#include <errno.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "faults.h"
#include "harness.h"

TEST(a_message_is_a_line_with_our_name)
{
	CHECK_STR(CAPTURE_STDERR({ coil__log("%s has %d", "x", 3); }), "coil: x has 3\n");
}

TEST(a_misuse_has_its_place)
{
	static const coil_site site = { "main", "a.c", 12, "f", "" };

	CHECK_STR(CAPTURE_STDERR({ coil__log_misuse(&site, "no %s", "good"); }),
		  "coil: a.c:12: in main: no good\n");
	CHECK_HAS(CAPTURE_STDERR({ coil__log_misuse(NULL, "no place"); }), "no place\n");
}

/* Also one that is as long as what needs no memory, and one byte shorter and longer. */
TEST(a_message_is_whole_whatever_its_length)
{
	static const int lengths[] = { 0, 1, 999, 1000, 1001, 1002, 20000, 300000 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		char *said = CAPTURE_STDERR({
			coil_log(COIL_LOG_ERROR, "%s%0*d", lengths[i] ? "x" : "",
				 lengths[i] > 1 ? lengths[i] - 1 : 0, 7);
		});

		if (lengths[i] < 2)
			continue;
		CHECK_INT(strlen(said), lengths[i] + 1);
		CHECK_INT(said[0], 'x');
		CHECK_STR(said + lengths[i] - 1, "7\n");
	}
}

TEST(without_memory_the_beginning_is_said)
{
	char *said;

	capture_begin(2);
	faults_fail_from(FAULT_MEMORY, 1);
	coil_log(COIL_LOG_ERROR, "x%05000d", 7);
	CHECK(faults_clear());
	said = capture_end();
	CHECK_INT(strlen(said), 1001);
	CHECK_STR(said + 998, "00\n");
	CHECK_INT(said[0], 'x');
}

/* ---- levels ------------------------------------------------------------ */

TEST(a_record_below_the_level_is_not_made)
{
	CHECK_INT(coil_log_get_level(), COIL_LOG_WARNING);
	CHECK_STR(CAPTURE_STDERR({
		coil_log(COIL_LOG_INFO, "info");
		coil_log(COIL_LOG_WARNING, "warning");
		coil_log_set_level(COIL_LOG_DEBUG);
		coil_log(COIL_LOG_DEBUG, "debug");
		coil_log_set_level(COIL_LOG_CRITICAL);
		coil_log(COIL_LOG_ERROR, "error");
		coil_log(45, "between");
		coil_log(COIL_LOG_CRITICAL, "critical");
	}), "warning\ndebug\ncritical\n");
	CHECK(coil_log_is_enabled_for(50) && !coil_log_is_enabled_for(49));
}

static void level_is(void *expected)
{
	CHECK_STR(coil_log_level_name(coil_log_get_level()), expected);
}

static const char *level_by(const char *environment, char *expected)
{
	setenv("COIL_LOG", environment, 1);
	return run_fork(level_is, expected)->err;
}

TEST(the_environment_gives_the_level)
{
	CHECK_STR(level_by("debug", "DEBUG"), "");
	CHECK_STR(level_by("INFO", "INFO"), "");
	CHECK_STR(level_by("Warning", "WARNING"), "");
	CHECK_STR(level_by("error", "ERROR"), "");
	CHECK_STR(level_by("critical", "CRITICAL"), "");
	CHECK_STR(level_by("", "WARNING"), "");
	CHECK_STR(level_by("loud", "WARNING"), "coil: COIL_LOG=loud is not debug, info, "
		  "warning, error or critical; using warning\n");
}

TEST(levels_have_the_names_of_python)
{
	CHECK_STR(coil_log_level_name(0), "NOTSET");
	CHECK_STR(coil_log_level_name(COIL_LOG_DEBUG), "DEBUG");
	CHECK_STR(coil_log_level_name(COIL_LOG_INFO), "INFO");
	CHECK_STR(coil_log_level_name(COIL_LOG_WARNING), "WARNING");
	CHECK_STR(coil_log_level_name(39), "WARNING");
	CHECK_STR(coil_log_level_name(COIL_LOG_ERROR), "ERROR");
	CHECK_STR(coil_log_level_name(1000), "CRITICAL");
}

/* ---- handlers ---------------------------------------------------------- */

static coil_log_record last;
static char last_message[100];
static int records;

static void remember(const coil_log_record *record, void *arg)
{
	last = *record;
	snprintf(last_message, sizeof(last_message), "%s|%s", (char *)arg, record->message);
	records++;
}

TEST(a_record_has_level_logger_time_thread_and_place)
{
	static const coil_site site = { "main", "a.c", 12, "f", "" };

	coil_log_set_handler(remember, "mine");
	coil__log_warning(&site, "%d lines\nof it", 2);
	CHECK_STR(last_message, "mine|coil: a.c:12: in main: 2 lines\nof it");
	CHECK_INT(last.length, strlen("coil: a.c:12: in main: 2 lines\nof it"));
	CHECK_INT(last.level, COIL_LOG_WARNING);
	CHECK_STR(last.logger, "asyncio");
	CHECK(last.site == &site);
	CHECK_INT(last.thread, syscall(SYS_gettid));
	CHECK(last.created > 1.6e9 && last.created <= (double)time(NULL) + 1);
	coil__log("error");
	CHECK_INT(last.level, COIL_LOG_ERROR);
	CHECK(last.site == NULL);
	CHECK_STR(CAPTURE_STDERR({
		coil_log_set_handler(NULL, NULL);
		coil_log(COIL_LOG_ERROR, "usual");
	}), "usual\n");
	CHECK_INT(records, 2);
}

TEST(logging_leaves_errno_alone)
{
	capture_begin(2);
	close(2);
	errno = 77;
	coil_log(COIL_LOG_ERROR, "x%02000d", 1);
	CHECK_INT(errno, 77);
	capture_end();
}

static void log_inside(const coil_log_record *record, void *arg)
{
	records++;
	coil_log(COIL_LOG_CRITICAL, "from inside");
	coil__log("from inside");
	coil_log_set_level(coil_log_get_level());
}

TEST(what_a_handler_logs_is_dropped)
{
	coil_log_set_handler(log_inside, NULL);
	coil_log(COIL_LOG_ERROR, "one");
	coil_log(COIL_LOG_ERROR, "two");
	CHECK_INT(records, 2);
}

static void replace_inside(const coil_log_record *record, void *arg)
{
	records++;
	coil_log_set_handler(remember, "new");
}

TEST(a_handler_may_set_another)
{
	coil_log_set_handler(replace_inside, NULL);
	coil_log(COIL_LOG_ERROR, "one");
	coil_log(COIL_LOG_ERROR, "two");
	CHECK_INT(records, 2);
	CHECK_STR(last_message, "new|two");
	coil_log_set_handler(NULL, NULL); /* waits for nobody */
}

/* ---- threads ----------------------------------------------------------- */

static int entered[2], leave[2]; /* pipes */
static int ended;

static void wait_in_handler(const coil_log_record *record, void *arg)
{
	char byte = 0;

	CHECK_INT(write(entered[1], &byte, 1), 1);
	CHECK_INT(read(leave[0], &byte, 1), 1);
	__atomic_store_n(&ended, 1, __ATOMIC_SEQ_CST);
}

static void *log_one(void *word)
{
	coil_log(COIL_LOG_ERROR, "%s", (char *)word);
	return NULL;
}

static void *let_leave(void *unused)
{
	char byte = 0;

	usleep(20000); /* the other thread is in set_handler by then, or will be: either is right */
	CHECK_INT(write(leave[1], &byte, 1), 1);
	return NULL;
}

static pthread_t thread(void *(*function)(void *), void *arg)
{
	pthread_t made;

	if (pthread_create(&made, NULL, function, arg) != 0)
		abort();
	return made;
}

static void open_pipes(void)
{
	if (pipe(entered) != 0 || pipe(leave) != 0)
		abort();
}

static void close_pipes(void)
{
	for (int i = 0; i < 2; i++) {
		close(entered[i]);
		close(leave[i]);
	}
}

TEST(setting_a_handler_waits_until_the_old_one_is_left)
{
	pthread_t logs, lets;
	char byte;

	open_pipes();
	coil_log_set_handler(wait_in_handler, NULL);
	logs = thread(log_one, "x");
	CHECK_INT(read(entered[0], &byte, 1), 1);
	lets = thread(let_leave, NULL);
	coil_log_set_handler(remember, "new");
	CHECK_INT(__atomic_load_n(&ended, __ATOMIC_SEQ_CST), 1);
	pthread_join(logs, NULL);
	pthread_join(lets, NULL);
	close_pipes();
	coil_log(COIL_LOG_ERROR, "y");
	CHECK_STR(last_message, "new|y");
}

static void log_in_child(void *unused)
{
	coil_log_set_handler(NULL, NULL);
	coil_log(COIL_LOG_ERROR, "the child");
}

TEST(a_child_logs_though_a_thread_was_in_the_handler)
{
	pthread_t logs;
	char byte = 0;

	open_pipes();
	coil_log_set_handler(wait_in_handler, NULL);
	logs = thread(log_one, "x");
	CHECK_INT(read(entered[0], &byte, 1), 1);
	CHECK(strncmp(run_fork(log_in_child, NULL)->err, "the child\n", 10) == 0);
	CHECK_INT(write(leave[1], &byte, 1), 1);
	pthread_join(logs, NULL);
	close_pipes();
}

static void fork_inside(const coil_log_record *record, void *arg)
{
	records++;
	if (records == 1)
		CHECK_INT(run_fork(log_in_child, NULL)->status, 0);
}

TEST(a_handler_may_fork)
{
	coil_log_set_handler(fork_inside, NULL);
	coil_log(COIL_LOG_ERROR, "one");
	coil_log(COIL_LOG_ERROR, "two");
	CHECK_INT(records, 2);
}

static void *set_often(void *word)
{
	for (int i = 0; i < 200; i++)
		coil_log_set_handler(i % 2 ? remember : log_inside, word);
	return NULL;
}

static void count_one(const coil_log_record *record, void *arg)
{
	__atomic_add_fetch(&records, 1, __ATOMIC_RELAXED);
}

static void *log_often(void *unused)
{
	for (int i = 0; i < 1000; i++)
		coil_log(COIL_LOG_ERROR, "%d", i);
	return NULL;
}

TEST(several_threads_may_log_and_be_in_the_handler_at_once)
{
	pthread_t threads[4];

	coil_log_set_handler(count_one, NULL);
	for (int i = 0; i < 4; i++)
		threads[i] = thread(log_often, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	CHECK_INT(records, 4000);
}

TEST(several_threads_may_set_handlers)
{
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		threads[i] = thread(set_often, "w");
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	coil_log_set_handler(count_one, NULL);
	records = 0;
	coil_log(COIL_LOG_ERROR, "x");
	CHECK_INT(records, 1);
}

static void *talk(void *word)
{
	for (int i = 0; i < 500; i++)
		coil__log("%s", (char *)word);
	return NULL;
}

TEST(messages_of_several_threads_do_not_mix)
{
	static char *words[] = { "aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbb" };
	pthread_t threads[2];
	char *said, *line, *rest = NULL;
	int lines = 0, wrong = 0;

	capture_begin(2);
	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, talk, words[i]) != 0)
			abort();
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	said = capture_end();
	for (line = strtok_r(said, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		lines++;
		wrong += strcmp(line, "coil: aaaaaaaaaaaaaaaaaaaa") &&
			 strcmp(line, "coil: bbbbbbbbbbbbbbbbbbbb");
	}
	CHECK_INT(lines, 1000);
	CHECK_INT(wrong, 0);
}

TEST(the_version_is_that_of_the_headers)
{
	CHECK_STR(coil_version(), text("%d.%d.%d", COIL_VERSION_MAJOR,
				       COIL_VERSION_MINOR, COIL_VERSION_PATCH));
}
