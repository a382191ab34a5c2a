/* SPDX-License-Identifier: MIT
 *
 * Where things stand in a picture: nothing overlaps, whatever the diagram.
 */
#include "harness.h"
#include "../../tools/coil/format_writers.h"
#include "../../tools/coil/render_layout.h"
#include "../../tools/coil/render_text.h"

static const struct layout_metrics metrics = {
	.width = coil__text_points, .wrap = 30, .wrap_name = 40, .head = 22,
	.between = 22, .label = 40, .self = 66, .left = 72,
};

static const char *word(void)
{
	static const char *const words[] = {
		"", "sleep", "total(1.000)", "call_later(0.25, wake up the other one)",
		"ValueError: something went wrong in a place that nobody knew about, total(12.500)",
		"새 루프 태스크", "x",
	};

	return words[(size_t)rand() % (sizeof words / sizeof *words)];
}

static struct diagram *random_diagram(void)
{
	struct diagram *diagram = coil__diagram_create();
	int count = 1 + rand() % 12;

	for (int i = 0; i < count; i++)
		coil__diagram_participant(diagram, (enum diagram_kind)(rand() % 4),
					  text("%s%d", word(), i));
	for (int i = 0; i < 60; i++) {
		int from = rand() % count, to = rand() % (count + 1) - 1;
		uint64_t time = (uint64_t)i * 1000000;

		switch (rand() % 8) {
		case 0: coil__diagram_begin(diagram, time, from); break;
		case 1: coil__diagram_end(diagram, time, from); break;
		case 2: coil__diagram_divider(diagram, time, "iteration 12"); break;
		case 3: coil__diagram_delay(diagram, time, "1.000 s"); break;
		case 4: coil__diagram_note(diagram, time, DIAGRAM_CALL, to, word()); break;
		default:
			coil__diagram_message(diagram, time, (enum diagram_style)(rand() % 3),
					      from, to, word());
		}
	}
	coil__diagram_finish(diagram, 60000000);
	return diagram;
}

static int left_of(const struct layout *layout, int gap)
{
	return gap ? layout->x[gap - 1] : metrics.left;
}

static int right_of(const struct layout *layout, int gap)
{
	return (size_t)gap < layout->participants ? layout->x[gap] : layout->width;
}

TEST(labels_lie_between_the_lifelines)
{
	srand(2);
	for (int round = 0; round < 300; round++) {
		struct diagram *diagram = random_diagram();
		struct layout *layout = coil__diagram_layout(diagram, &metrics);

		for (size_t i = 0; i < diagram->item_count; i++) {
			const struct layout_label *label = &layout->labels[i];

			if (label->text)
				CHECK(right_of(layout, label->gap) - left_of(layout, label->gap) >=
				      coil__text_points(label->text) + metrics.label);
		}
		coil__diagram_layout_destroy(layout);
		coil__diagram_destroy(diagram);
	}
}

TEST(heads_stand_apart)
{
	srand(3);
	for (int round = 0; round < 300; round++) {
		struct diagram *diagram = random_diagram();
		struct layout *layout = coil__diagram_layout(diagram, &metrics);

		CHECK(layout->x[0] - layout->head[0] / 2 >= metrics.left);
		for (size_t i = 1; i < layout->participants; i++)
			CHECK(layout->x[i] - layout->head[i] / 2 >=
			      layout->x[i - 1] + layout->head[i - 1] / 2 + metrics.between);
		coil__diagram_layout_destroy(layout);
		coil__diagram_destroy(diagram);
	}
}

/* Begun activations are ended, and no others, in every prefix of the items. */
TEST(activations_are_balanced)
{
	srand(4);
	for (int round = 0; round < 300; round++) {
		struct diagram *diagram = random_diagram();
		int level[12] = { 0 };

		for (size_t i = 0; i < diagram->item_count; i++) {
			const struct diagram_item *item = &diagram->items[i];

			if (item->what == DIAGRAM_BEGIN)
				level[item->from]++;
			if (item->what == DIAGRAM_END)
				CHECK(--level[item->from] >= 0);
		}
		for (size_t i = 0; i < diagram->participant_count; i++)
			CHECK_INT(level[i], 0);
		coil__diagram_destroy(diagram);
	}
}

/* Every line of a picture in a terminal is as wide as the terminal at most; and
 * whatever the diagram, every format can write it. */
TEST(all_formats_write_all_diagrams)
{
	srand(5);
	for (int round = 0; round < 100; round++) {
		struct diagram *diagram = random_diagram();
		struct format_text_options options = { .width = 40 + rand() % 300 };
		size_t size;
		char *drawn, *line, *rest;
		FILE *out = open_memstream(&drawn, &size);

		REQUIRE(out);
		coil__format_text(diagram, out, &options);
		CHECK_INT(fclose(out), 0);
		rest = drawn;
		while ((line = strsep(&rest, "\n")))
			if (strncmp(line, "note", 4) != 0 && options.width >= 72)
				harness_check(coil__text_cells(line) <= options.width, __FILE__,
					      __LINE__, "%d cells: %s", options.width, line);
		free(drawn);
		out = fopen("/dev/null", "w");
		REQUIRE(out);
		coil__format_dot(diagram, out);
		coil__format_plantuml(diagram, out);
		CHECK_INT(fclose(out), 0);
		coil__diagram_destroy(diagram);
	}
}
