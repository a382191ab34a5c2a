/* SPDX-License-Identifier: MIT
 *
 * Messages to standard error; and what version this is.
 */
#include <coil.h>
#include <pthread.h>
#include "base/log.h"
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

TEST(a_long_message_still_ends_its_line)
{
	char *said = CAPTURE_STDERR({ coil__log("%020000d", 1); });

	CHECK(strlen(said) > 100);
	CHECK_INT(said[strlen(said) - 1], '\n');
	CHECK(strchr(said, '\n') == said + strlen(said) - 1);
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
