/* SPDX-License-Identifier: MIT
 *
 * Text made fit for pictures (tools/coil/render_text.h): cleaned, measured, shortened,
 * broken into lines.
 */
#include "harness.h"
#include "../../tools/coil/render_text.h"

static const char *clean(const char *string)
{
	return keep(coil__text_clean(string, strlen(string)));
}

#define FFFD "\xef\xbf\xbd"

TEST(clean_text_stays)
{
	CHECK_STR(clean("say_hello(\"AAA\") äöü 새 루프 😀 שלום"),
		  "say_hello(\"AAA\") äöü 새 루프 😀 שלום");
	CHECK_STR(clean(""), "");
}

TEST(what_is_no_utf8_is_replaced)
{
	CHECK_STR(clean("a\xff" "b"), "a" FFFD "b");
	CHECK_STR(clean("\xc3"), FFFD);                    /* cut */
	CHECK_STR(clean("\xc0\x80"), FFFD FFFD);           /* too long a form */
	CHECK_STR(clean("\xed\xa0\x80"), FFFD FFFD FFFD);  /* a surrogate */
	CHECK_STR(clean("\xf4\x90\x80\x80"), FFFD FFFD FFFD FFFD);
	CHECK_STR(clean("\xe2\x82x"), FFFD FFFD "x");
	CHECK_STR(keep(coil__text_clean("a\0b", 3)), "a" FFFD "b");
}

TEST(what_is_not_printed_is_replaced)
{
	CHECK_STR(clean("a\x1b[1mb\x7f\xc2\x85"), "a" FFFD "[1mb" FFFD FFFD);
	CHECK_STR(clean("a\xe2\x80\xae" "b"), "a" FFFD "b"); /* right-to-left override */
	CHECK_STR(clean("a\nb\tc\rd"), "a b c d");
}

TEST(cells)
{
	CHECK_INT(coil__text_cells("abc"), 3);
	CHECK_INT(coil__text_cells("새 루프"), 7);
	CHECK_INT(coil__text_cells("e\xcc\x81"), 1);
	CHECK_INT(coil__text_cells("😀"), 2);
	CHECK_INT(coil__text_cells("ab\nabcd\na"), 4);
	CHECK_INT(coil__text_cells(""), 0);
}

TEST(points)
{
	CHECK_INT(coil__text_points(""), 0);
	CHECK(coil__text_points("iii") < coil__text_points("mmm"));
	CHECK_INT(coil__text_points("m\nmmm\nm"), coil__text_points("mmm"));
	CHECK(coil__text_points("새") > coil__text_points("m"));
}

TEST(shorter)
{
	CHECK_STR(keep(coil__text_shorten("abcdef", 6)), "abcdef");
	CHECK_STR(keep(coil__text_shorten("abcdefg", 6)), "abcde…");
	CHECK_STR(keep(coil__text_shorten("새루프", 5)), "새루…");
	CHECK_STR(keep(coil__text_shorten("새루프", 4)), "새…");
}

static const char *wrap(const char *string, unsigned cells)
{
	return keep(coil__text_wrap(string, cells));
}

TEST(lines)
{
	CHECK_STR(wrap("one two three", 20), "one two three");
	CHECK_STR(wrap("one two three", 8), "one two\nthree");
	CHECK_STR(wrap("create_task(say_hello)", 14), "create_task(\nsay_hello)");
	CHECK_STR(wrap("call_later(0.25, f)", 14), "call_later(\n0.25, f)");
	CHECK_STR(wrap("abcdefghij", 4), "abcd\nefgh\nij");
	CHECK_STR(wrap("one\ntwo three", 5), "one\ntwo\nthree");
	CHECK_STR(wrap("새루프", 1), "새\n루\n프");
	CHECK_STR(wrap("", 5), "");
	CHECK_INT(coil__text_lines("a\nb\nc"), 3);
}

/* No line is too wide, and but for spaces nothing is lost, whatever the text. */
TEST(lines_of_any_text)
{
	static const char letters[] = "ab ,(._\n";

	srand(1);
	for (int round = 0; round < 2000; round++) {
		char string[40] = "", *line;
		unsigned cells = 1 + (unsigned)rand() % 12;
		size_t length = (size_t)rand() % 39, kept = 0, given = 0;

		for (size_t i = 0; i < length; i++)
			string[i] = letters[(size_t)rand() % (sizeof letters - 1)];
		line = coil__text_wrap(string, cells);
		for (const char *c = string; *c; c++)
			given += *c != ' ' && *c != '\n';
		for (const char *c = line; *c; c++)
			kept += *c != ' ' && *c != '\n';
		harness_check((unsigned)coil__text_cells(line) <= cells && kept == given,
			      __FILE__, __LINE__, "\"%s\" in %u: \"%s\"", string, cells, line);
		free(line);
	}
}
