/* SPDX-License-Identifier: MIT
 *
 * Names come from programs: whatever bytes they hold, each format is one that its
 * tools accept.
 */
#include "render_helpers.h"

static const char *const names[] = {
	"\\x01\\x02\\x1b[31mred\\x7f",
	"\\xff\\xfe\\xc3", "\\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80",
	"two\\nlines\\ttab\\x0d", "\\\"quoted\\\"", "back\\\\slash\\\\n\\\\l", "<b>bold</b>",
	"&amp; &#65; &", "**a** //b// __c__ --d-- ~~e~~ ``f``", "\\\"\\\"mono\\\"\\\"",
	"%date() %n() !include x", "$var ${x} @enduml", "#red [[http://x y]] {{z}}",
	"= title", "' comment /' more", "a : b", "a -> b", "end", "note", "ref over x",
	"activate", "p1", "p2", "..", "...", "==", "|", "||", "*", "[", "]", "(", "()", "{", "}",
	"-", "_", " ", "  two  spaces  ", "שלום", "새 루프 태스크",
	"\\xe2\\x80\\xae" "turned", "e\\xcc\\x81\\xcc\\x81\\xcc\\x81", "<U+0041>", "\\\\N \\\\G \\\\E",
	"<TABLE><TR><TD>x</TD></TR></TABLE>", "loop", "main", "asyncio.sleep", "as", "a,b;c", "\\x0b\\x0c",
};

enum { NAMES = sizeof names / sizeof *names };

static const char *long_name(void)
{
	static char name[501];

	memset(name, 'n', 500);
	return name;
}

static const char *trace_of(size_t i)
{
	return trace_of_task(i < NAMES ? names[i] : long_name(),
			     "exception future=2 error=5 message=\"of \\\"x\\\" <&> \\\\n\"");
}

TEST(plantuml_accepts_all_names, .seconds = 120)
{
	struct outcome *o;

	if (!is_installed("plantuml"))
		SKIP("plantuml is not installed");
	for (size_t i = 0; i <= NAMES; i++) {
		const char *trace = trace_of(i);

		rendered(text("--format plantuml -o '%s' '%s'",
			      test_path(text("a%02zu.puml", i)), trace));
		rendered(text("--format plantuml --view loop -o '%s' '%s'",
			      test_path(text("l%02zu.puml", i)), trace));
	}
	o = run_shell("cd '%s' && java -version >/dev/null 2>&1 && "
		      "plantuml -charset UTF-8 -tsvg a*.puml l*.puml 2>&1 && "
		      "grep -l 'Syntax Error' *.svg", test_dir());
	CHECK_STR(o->out, "");
	CHECK_INT(atoi(run_shell("ls '%s'/*.svg | wc -l", test_dir())->out), 2 * (NAMES + 1));
}

/* As one graph after another: dot reads several. */
TEST(graphviz_accepts_all_names, .seconds = 60)
{
	struct outcome *o;

	if (!is_installed("dot"))
		SKIP("Graphviz is not installed");
	for (size_t i = 0; i <= NAMES; i++) {
		const char *trace = trace_of(i);

		rendered(text("--format dot '%s' >>'%s'", trace, test_path("all.dot")));
		rendered(text("--format dot --view loop '%s' >>'%s'", trace,
			      test_path("all.dot")));
	}
	o = run_shell("dot -Tplain '%s' | grep -c '^stop'", test_path("all.dot"));
	CHECK_STR(o->err, "");
	CHECK_INT(atoi(o->out), 2 * (NAMES + 1));
}

/* Our own reading of an SVG file: tags are balanced, and text holds no bare marks. */
static bool is_well_formed(const char *svg)
{
	int depth = 0;

	for (const char *c = svg; *c; c++) {
		if (*c == '&' && !(strspn(c + 1, "#0123456789abcdefghijklmnopqrstuvwxyz") &&
				   c[1 + strspn(c + 1, "#0123456789abcdefghijklmnopqrstuvwxyz")] == ';'))
			return false;
		if ((unsigned char)*c < ' ' && !strchr("\n\t\r", *c))
			return false;
		if (*c != '<' || c[1] == '?' || c[1] == '!')
			continue;
		if (c[1] == '/')
			depth--;
		else if (strcspn(c, ">") && c[strcspn(c, ">") - 1] != '/')
			depth++;
		if (depth < 0)
			return false;
	}
	return depth == 0;
}

TEST(svg_is_well_formed, .seconds = 60)
{
	if (!is_installed("dot"))
		SKIP("Graphviz is not installed");
	for (size_t i = 0; i <= NAMES; i++) {
		const char *svg = RENDERED("--format svg '%s'", trace_of(i));

		harness_check(is_well_formed(svg), __FILE__, __LINE__, "name %zu", i);
		CHECK_HAS(svg, "</svg>");
	}
}

/* Nothing that a terminal would obey gets there. */
TEST(text_has_no_control_characters, .seconds = 60)
{
	for (size_t i = 0; i <= NAMES; i++) {
		const char *drawn = RENDERED("--format text --utf8 --width 120 '%s'", trace_of(i));

		for (const char *c = drawn; *c; c++)
			if ((unsigned char)*c < ' ' && *c != '\n')
				harness_check(false, __FILE__, __LINE__,
					      "name %zu: the byte %d", i, *c);
		CHECK_HAS(drawn, "main");
	}
}

TEST(ascii_is_ascii)
{
	const char *drawn = RENDERED("--ascii '%s'", trace_of_task("새 루프", "result future=2"));

	for (const char *c = drawn; *c; c++)
		REQUIRE((unsigned char)*c < 0x80);
	CHECK_HAS(drawn, "| ?? ???? |");
}

TEST(a_long_name_is_shortened_and_told_in_full)
{
	const char *trace = trace_of_task(long_name(), "result future=2");
	const char *drawn = RENDERED("--format plantuml '%s'", trace);
	size_t letters = 0;

	CHECK_HAS(drawn, "participant \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…\" as p2\n");
	for (const char *c = strstr(drawn, "note over p2 : "); c && *c != '\n'; c++)
		letters += *c == 'n';
	CHECK(letters >= 500);
}

/* Two lifelines never become one. */
TEST(participants_of_the_same_name_stay_apart)
{
	const char *drawn = RENDERED("--format plantuml '%s'",
				     trace_of_task("asyncio.sleep", "result future=2"));

	CHECK_HAS(drawn, "participant asyncio.sleep\n");
	CHECK_HAS(drawn, "participant \"asyncio.sleep\" as p3\n");
	CHECK_HAS(drawn, "asyncio.sleep -> p3 : sleep\n");
	CHECK_HAS(drawn, "p3 -> asyncio.sleep : total(1.000)\n");
}
