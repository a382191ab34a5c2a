/* SPDX-License-Identifier: MIT
 *
 * Cleaning, measuring and breaking text: see render_text.h.  Everything is
 * linear in the length of the text.
 */
#include "render_text.h"
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "trace/reader_memory.h"

#define REPLACEMENT 0xfffdu
#define REPLACEMENT_UTF8 "\xef\xbf\xbd"
#define ELLIPSIS "\xe2\x80\xa6"

struct range {
	uint32_t first, last;
};

/* Unseen, or turning the direction of what follows, or no characters. */
static const struct range unprintable[] = {
	{ 0x00, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x61c, 0x61c },
	{ 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e },
	{ 0x2060, 0x206f }, { 0xfdd0, 0xfdef }, { 0xfeff, 0xfeff },
	{ 0xfff0, 0xfffb }, { 0xfffe, 0xffff }, { 0xe0000, 0x10ffff },
};

/* No cell of their own: they stand on the character before them. */
static const struct range combining[] = {
	{ 0x300, 0x36f }, { 0x483, 0x489 }, { 0x591, 0x5bd }, { 0x610, 0x61a },
	{ 0x64b, 0x65f }, { 0x6d6, 0x6dc }, { 0x93c, 0x93c }, { 0x941, 0x948 },
	{ 0xe31, 0xe31 }, { 0xe34, 0xe3a }, { 0xe47, 0xe4e }, { 0x1160, 0x11ff },
	{ 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff },
	{ 0x302a, 0x302d }, { 0x3099, 0x309a }, { 0xfe00, 0xfe0f },
	{ 0xfe20, 0xfe2f },
};

/* Two cells, or one em. */
static const struct range wide[] = {
	{ 0x1100, 0x115f }, { 0x231a, 0x231b }, { 0x23e9, 0x23ec },
	{ 0x2614, 0x2615 }, { 0x2705, 0x2705 }, { 0x274c, 0x274c },
	{ 0x2e80, 0x303e }, { 0x3041, 0x33ff }, { 0x3400, 0x4dbf },
	{ 0x4e00, 0x9fff }, { 0xa000, 0xa4cf }, { 0xa960, 0xa97f },
	{ 0xac00, 0xd7a3 }, { 0xf900, 0xfaff }, { 0xfe30, 0xfe6f },
	{ 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f },
	{ 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

/* Advance widths of ' ' to '~' in DejaVu Sans, in thousandths of an em. */
static const unsigned short ascii_width[] = {
	318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337,
	636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531,
	1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787,
	603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500,
	500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612,
	635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
};

enum { FONT_POINTS = 11 };

static bool in_ranges(uint32_t code, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count && ranges[i].first <= code; i++)
		if (code <= ranges[i].last)
			return true;
	return false;
}

#define IN(code, ranges) in_ranges((code), (ranges), sizeof(ranges) / sizeof *(ranges))

size_t coil__text_next(const char *text, size_t n, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char c = (unsigned char)text[0];
	size_t size = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3
		    : c < 0xf5 ? 4 : 0;
	uint32_t value = size > 1 ? c & (0x7fu >> size) : c;

	*code = REPLACEMENT;
	if (size == 0 || size > n)
		return 1;
	for (size_t i = 1; i < size; i++) {
		unsigned char next = (unsigned char)text[i];

		if ((next & 0xc0) != 0x80)
			return 1;
		value = value << 6 | (next & 0x3f);
	}
	if (value < least[size] || value > 0x10ffff || (value & ~0x7ffu) == 0xd800)
		return 1;
	*code = value;
	return size;
}

char *coil__text_vformat(const char *format, va_list arguments)
{
	char *text;

	return vasprintf(&text, format, arguments) < 0 ? coil__copy("?", 1) : text;
}

char *coil__text_format(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = coil__text_vformat(format, arguments);
	va_end(arguments);
	return text;
}

char *coil__text_clean(const char *text, size_t length)
{
	char *clean = coil__take(1, 3 * length + 1);
	char *end = clean;

	for (size_t at = 0, size; at < length; at += size) {
		uint32_t code;

		size = coil__text_next(text + at, length - at, &code);
		if (code == '\n' || code == '\t' || code == '\r') {
			*end++ = ' ';
		} else if (code == REPLACEMENT || IN(code, unprintable)) {
			memcpy(end, REPLACEMENT_UTF8, 3);
			end += 3;
		} else {
			memcpy(end, text + at, size);
			end += size;
		}
	}
	*end = '\0';
	return clean;
}

int coil__text_cells_of(uint32_t code)
{
	return code < 0x300 ? 1 : IN(code, combining) ? 0 : IN(code, wide) ? 2 : 1;
}

/* In thousandths of an em; for letters of other scripts, what wide ones take. */
static int width_of(uint32_t code)
{
	if (code >= ' ' && code <= '~')
		return ascii_width[code - ' '];
	switch (coil__text_cells_of(code)) {
	case 0: return 0;
	case 1: return code >= 0x2014 ? 1030 : 760;
	default: return 1100;
	}
}

static int widest_line(const char *text, int (*measure)(uint32_t))
{
	size_t left = strlen(text);
	int widest = 0, width = 0;

	for (size_t size; left; text += size, left -= size) {
		uint32_t code;

		size = coil__text_next(text, left, &code);
		width = code == '\n' ? 0 : width + measure(code);
		if (width > widest)
			widest = width;
	}
	return widest;
}

int coil__text_cells(const char *text)
{
	return widest_line(text, coil__text_cells_of);
}

int coil__text_points(const char *text)
{
	return (widest_line(text, width_of) * FONT_POINTS + 999) / 1000;
}

int coil__text_lines(const char *text)
{
	int lines = 1;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

/* The bytes at the start of TEXT that fit into CELLS. */
static size_t fitting(const char *text, size_t length, unsigned cells)
{
	size_t at = 0;
	unsigned used = 0;

	while (at < length) {
		uint32_t code;
		size_t size = coil__text_next(text + at, length - at, &code);

		used += (unsigned)coil__text_cells_of(code);
		if (used > cells)
			break;
		at += size;
	}
	return at;
}

char *coil__text_shorten(const char *text, unsigned cells)
{
	size_t length = strlen(text), keep = fitting(text, length, cells);

	if (keep == length)
		return coil__copy(text, length);
	keep = fitting(text, length, cells - 1);

	char *shorter = coil__take(1, keep + sizeof ELLIPSIS);

	memcpy(shorter, text, keep);
	memcpy(shorter + keep, ELLIPSIS, sizeof ELLIPSIS);
	return shorter;
}

/* Is the place in front of text[I] good to break at: behind one of MARKS, or at a
 * space?  (Not behind the point of a number.) */
static bool is_break(const char *text, size_t i, const char *marks)
{
	if (text[i] == ' ')
		return true;
	return strchr(marks, text[i - 1]) &&
	       !(text[i - 1] == '.' && isdigit((unsigned char)text[i]));
}

/* Where to break a line that has FIT bytes of room: at the last place in its
 * second half that is as good as any there, else where the room ends. */
static size_t break_at(const char *text, size_t fit)
{
	static const char *const marks[] = { " ,", "(", "._/:=" };

	for (size_t pass = 0; pass < 3; pass++)
		for (size_t i = fit; i > fit / 2; i--)
			if (is_break(text, i, marks[pass]))
				return i;
	return fit;
}

/* A line that was broken loses the spaces at its end. */
static char *append(char *end, const char *text, size_t length, bool broken)
{
	while (broken && length && text[length - 1] == ' ')
		length--;
	memcpy(end, text, length);
	return end + length;
}

char *coil__text_wrap(const char *text, unsigned cells)
{
	size_t length = strlen(text);
	char *wrapped = coil__take(1, 3 * length + 1), *end = wrapped;

	while (length) {
		const char *stop = memchr(text, '\n', length);
		size_t line = stop ? (size_t)(stop - text) : length;
		size_t take = fitting(text, line, cells);

		if (take < line)
			take = break_at(text, take);
		if (take == 0 && line > 0) { /* narrower than one character */
			uint32_t code;

			take = coil__text_next(text, line, &code);
		}
		end = append(end, text, take, take < line);
		if (take < line && text[take] == ' ')
			take++;
		else if (take == line && stop)
			take++;
		text += take;
		length -= take;
		if (length || (take && text[-1] == '\n'))
			*end++ = '\n';
	}
	*end = '\0';
	return wrapped;
}
