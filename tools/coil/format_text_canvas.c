/* SPDX-License-Identifier: MIT
 *
 * One line of a terminal: see format_text_canvas.h.
 */
#include "format_text_canvas.h"
#include <stdlib.h>
#include <string.h>
#include "render_text.h"
#include "trace/reader_memory.h"

static const struct {
	const char *glyph, *ascii;
} in_ascii[] = {
	{ "─", "-" }, { "╌", "-" }, { "═", "=" }, { "│", "|" }, { "┃", "#" },
	{ "┊", ":" }, { "┌", "+" }, { "┐", "+" }, { "└", "+" }, { "┘", "+" },
	{ "├", "+" }, { "┤", "+" }, { "┬", "+" }, { "┴", "+" }, { "┼", "+" },
	{ "┠", "#" }, { "┨", "#" }, { "╂", "#" }, { "╞", "+" }, { "╡", "+" },
	{ "╪", "+" }, { "…", "~" },
};

static void clear(struct text_canvas *canvas)
{
	for (int x = 0; x < canvas->width; x++)
		strcpy(canvas->cells[x].bytes, " ");
}

struct text_canvas *coil__canvas_create(int width, bool ascii)
{
	struct text_canvas *canvas = coil__take(1, sizeof *canvas);

	canvas->cells = coil__take((size_t)width + 1, sizeof *canvas->cells);
	canvas->width = width;
	canvas->ascii = ascii;
	clear(canvas);
	return canvas;
}

void coil__canvas_destroy(struct text_canvas *canvas)
{
	free(canvas->cells);
	free(canvas);
}

static const char *to_ascii(const char *character)
{
	if ((unsigned char)*character < 0x80)
		return character;
	for (size_t i = 0; i < sizeof in_ascii / sizeof *in_ascii; i++)
		if (strcmp(in_ascii[i].glyph, character) == 0)
			return in_ascii[i].ascii;
	return "?";
}

/* Makes the cell X one that can be overwritten. */
static void separate(struct text_canvas *canvas, int x)
{
	if (x > 0 && x < canvas->width && !*canvas->cells[x].bytes)
		strcpy(canvas->cells[x - 1].bytes, " ");
	if (x + 1 < canvas->width && !*canvas->cells[x + 1].bytes)
		strcpy(canvas->cells[x + 1].bytes, " ");
}

static void put(struct text_canvas *canvas, int x, const char *character, int cells)
{
	if (x < 0 || x + cells > canvas->width)
		return;
	separate(canvas, x);
	if (cells == 2)
		separate(canvas, x + 1);
	strcpy(canvas->cells[x].bytes, canvas->ascii ? to_ascii(character) : character);
	if (cells == 2)
		strcpy(canvas->cells[x + 1].bytes, canvas->ascii ? "?" : "");
}

/* A combining mark joins the character before it, while there is room. */
static void join(struct text_canvas *canvas, int x, const char *mark)
{
	if (x < 0 || x >= canvas->width || canvas->ascii)
		return;
	if (!*canvas->cells[x].bytes && x > 0)
		x--;
	if (strlen(canvas->cells[x].bytes) + strlen(mark) < sizeof canvas->cells[x].bytes)
		strcat(canvas->cells[x].bytes, mark);
}

void coil__canvas_text(struct text_canvas *canvas, int x, const char *text)
{
	size_t left = strlen(text);

	for (size_t size; left; text += size, left -= size) {
		char character[5] = "";
		uint32_t code;
		int cells;

		size = coil__text_next(text, left, &code);
		memcpy(character, text, size);
		cells = coil__text_cells_of(code);
		if (cells == 0)
			join(canvas, x - 1, character);
		else
			put(canvas, x, character, cells);
		x += cells;
	}
}

void coil__canvas_line(struct text_canvas *canvas, int from, int to, const char *glyph)
{
	for (int x = from; x <= to; x++)
		put(canvas, x, glyph, 1);
}

void coil__canvas_print(struct text_canvas *canvas, FILE *out)
{
	int end = canvas->width;

	while (end > 0 && strcmp(canvas->cells[end - 1].bytes, " ") == 0)
		end--;
	for (int x = 0; x < end; x++)
		fputs(canvas->cells[x].bytes, out);
	fputc('\n', out);
	clear(canvas);
}
