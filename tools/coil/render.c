/* SPDX-License-Identifier: MIT
 *
 * coil render: a trace as a picture.  trace -> view -> diagram -> format.
 */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "format_writers.h"
#include "render_output.h"
#include "render_text.h"
#include "trace/reader_memory.h"
#include "view_base.h"

static const char help[] =
	"usage: coil render [OPTION...] TRACE\n\n"
	"Draws what happened in a trace as a sequence diagram.\n\n"
	"  --format FORMAT    text (a diagram in the terminal), plantuml, dot, svg or\n"
	"                     png; else what the name of the output file says, else text\n"
	"  --view await       tasks, what they wait for, and how long; this is usual\n"
	"  --view loop        what the event loop does, iteration by iteration\n"
	"  -o, --output FILE  where to; else to standard output\n"
	"  --alone            only this file, without those of worker processes beside it\n\n"
	"  --task TASK        only messages of TASK (a label, or an id); may be given\n"
	"                     more than once\n"
	"  --from SECONDS     only from this time of the trace on\n"
	"  --to SECONDS       only up to this time\n"
	"  --iterations A-B   only these iterations of the loop (A, A- and -B too)\n"
	"  --depth N          of coroutines that are awaited inline, N levels (3)\n"
	"  --limit N          at most N messages (400; 0: all of them)\n"
	"What is left out is told in the picture.\n\n"
	"  --width N          columns of text; else those of the terminal, else 100\n"
	"  --ascii, --utf8    which characters the text is made of; else as the locale\n"
	"                     says\n"
	"  --help             this\n";

enum format { FORMAT_NONE, FORMAT_TEXT, FORMAT_PLANTUML, FORMAT_DOT, FORMAT_SVG, FORMAT_PNG };

static const struct {
	const char *word;       /* of --format, or a suffix */
	enum format format;
} formats[] = {
	{ "text", FORMAT_TEXT }, { "txt", FORMAT_TEXT },
	{ "plantuml", FORMAT_PLANTUML }, { "puml", FORMAT_PLANTUML },
	{ "dot", FORMAT_DOT }, { "gv", FORMAT_DOT },
	{ "svg", FORMAT_SVG }, { "png", FORMAT_PNG },
};

struct request {
	enum format format;
	const struct view_kind *view;
	const char *output;
	struct view_options options;
	struct format_text_options text;
	size_t task_room;
	bool alone;
};

/* ---- options ---------------------------------------------------------------- */

static enum format format_of(const char *word)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (strcmp(formats[i].word, word) == 0)
			return formats[i].format;
	return FORMAT_NONE;
}

static bool is_utf8(void)
{
	return setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static bool take_number(const char *command, const char *option, const char *value,
			uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(value, &end, 10);
	if (*value >= '0' && *value <= '9' && !*end && !errno)
		return true;
	coil__bad_usage(command, "%s %s: not a number", option, value);
	return false;
}

/* In ns; what is before the trace is its begin, what is after all traces the end. */
static bool take_time(const char *command, const char *option, const char *value,
		      uint64_t *time)
{
	char *end;
	double seconds = strtod(value, &end);

	if (end == value || *end || seconds != seconds) {
		coil__bad_usage(command, "%s %s: no time in seconds", option, value);
		return false;
	}
	*time = seconds <= 0 ? 0 : seconds >= 1e9 ? UINT64_MAX
	      : (uint64_t)(seconds * 1e9 + 0.5);
	return true;
}

/* A, A-, -B, or A-B. */
static bool take_iterations(const char *command, const char *value,
			    struct view_options *options)
{
	const char *dash = strchr(value, '-');
	char *first = coil__copy(value, dash ? (size_t)(dash - value) : strlen(value));
	bool good = true;

	if (*first || !dash)
		good = take_number(command, "--iterations", first, &options->first_iteration);
	if (good && !dash)
		options->last_iteration = options->first_iteration;
	else if (good && dash[1])
		good = take_number(command, "--iterations", dash + 1,
				   &options->last_iteration);
	free(first);
	return good;
}

static bool take_view(const char *command, const char *value, struct request *request)
{
	bool loop = strcmp(value, "loop") == 0;

	request->view = loop ? &coil__view_loop : &coil__view_await;
	if (loop || strcmp(value, "await") == 0)
		return true;
	coil__bad_usage(command, "--view is await or loop, not %s", value);
	return false;
}

static bool take_format(const char *command, const char *value, struct request *request)
{
	request->format = format_of(value);
	if (request->format == FORMAT_NONE)
		coil__bad_usage(command, "--format is text, plantuml, dot, svg or png, "
				"not %s", value);
	return request->format != FORMAT_NONE;
}

static void add_task(struct request *request, const char *task)
{
	struct view_options *options = &request->options;

	options->tasks = coil__grow(options->tasks, &request->task_room,
				    options->task_count + 1, sizeof *options->tasks);
	options->tasks[options->task_count++] = task;
}

static bool take_option(struct request *request, const char *command, int c,
			const char *value)
{
	uint64_t number;

	switch (c) {
	case 'F': return take_format(command, value, request);
	case 'v': return take_view(command, value, request);
	case 'o': request->output = value; return true;
	case 't': add_task(request, value); return true;
	case 'f': return take_time(command, "--from", value, &request->options.from);
	case 'u': return take_time(command, "--to", value, &request->options.to);
	case 'i': return take_iterations(command, value, &request->options);
	case 'A': request->alone = true; return true;
	case 'a': request->text.ascii = true; return true;
	case '8': request->text.ascii = false; return true;
	case 'd':
		if (!take_number(command, "--depth", value, &number))
			return false;
		request->options.depth = number > UINT32_MAX ? UINT32_MAX : (unsigned)number;
		return true;
	case 'l':
		if (!take_number(command, "--limit", value, &number))
			return false;
		request->options.limit = number;
		return true;
	case 'w':
		if (!take_number(command, "--width", value, &number))
			return false;
		request->text.width = number > 100000 ? 100000 : (int)number;
		return true;
	default:
		return false;
	}
}

static int terminal_width(const char *output)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	int width = columns ? atoi(columns) : 0;

	if (width > 0)
		return width;
	if (!output && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	return 100;
}

/* ---- drawing ------------------------------------------------------------------ */

static void choose_format(struct request *request)
{
	const char *dot = request->output ? strrchr(request->output, '.') : NULL;

	if (request->format == FORMAT_NONE && dot)
		request->format = format_of(dot + 1);
	if (request->format == FORMAT_NONE)
		request->format = FORMAT_TEXT;
}

static bool write_by_graphviz(const struct diagram *diagram, const char *type,
			      struct render_output *output)
{
	FILE *graph = tmpfile();
	bool good;

	if (!graph) {
		coil__complain("a temporary file: %s", strerror(errno));
		return false;
	}
	coil__format_dot(diagram, graph);
	good = coil__output_graphviz(output, graph, type);
	fclose(graph);
	return good;
}

static bool write_diagram(const struct diagram *diagram, const struct request *request,
			  struct render_output *output)
{
	switch (request->format) {
	case FORMAT_PLANTUML: coil__format_plantuml(diagram, output->file); return true;
	case FORMAT_DOT: coil__format_dot(diagram, output->file); return true;
	case FORMAT_SVG: return write_by_graphviz(diagram, "svg", output);
	case FORMAT_PNG: return write_by_graphviz(diagram, "png", output);
	default: coil__format_text(diagram, output->file, &request->text); return true;
	}
}

static bool put(const struct diagram *diagram, const struct request *request)
{
	struct render_output output;

	if (!coil__output_open(&output, request->output))
		return false;
	if (write_diagram(diagram, request, &output))
		return coil__output_close(&output);
	coil__output_drop(&output);
	return false;
}

static int render(struct coil__reader *reader, const struct request *request)
{
	size_t left_out = 0;
	char *error;
	struct diagram *diagram = coil__view_build(request->view, reader,
						   &request->options, &left_out, &error);
	bool good;

	if (!diagram) {
		coil__complain("%s", error);
		free(error);
		coil__reader_close(reader);
		return STATUS_BAD;
	}
	good = put(diagram, request);
	coil__diagram_destroy(diagram);
	if (left_out)
		coil__complain("%zu message%s after the first %zu left out of the picture "
			       "(--limit 0: all)", left_out, left_out == 1 ? "" : "s",
			       request->options.limit);
	return coil__finish(reader, good ? STATUS_GOOD : STATUS_BAD);
}

static int run(struct request *request, int argc, char **argv)
{
	struct coil__reader *reader;

	choose_format(request);
	if (!request->text.width)
		request->text.width = terminal_width(request->output);
	if (request->format == FORMAT_PNG && !request->output && isatty(STDOUT_FILENO))
		return coil__bad_usage(argv[0], "a png does not go to a terminal: -o FILE");
	reader = coil__open_argument(argc, argv, request->alone);
	return reader ? render(reader, request) : STATUS_BAD;
}

int coil__command_render(int argc, char **argv)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'F' },
		{ "view", required_argument, NULL, 'v' },
		{ "output", required_argument, NULL, 'o' },
		{ "task", required_argument, NULL, 't' },
		{ "from", required_argument, NULL, 'f' },
		{ "to", required_argument, NULL, 'u' },
		{ "iterations", required_argument, NULL, 'i' },
		{ "depth", required_argument, NULL, 'd' },
		{ "limit", required_argument, NULL, 'l' },
		{ "width", required_argument, NULL, 'w' },
		ALONE_OPTION,
		{ "ascii", no_argument, NULL, 'a' },
		{ "utf8", no_argument, NULL, '8' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	struct request request = {
		.view = &coil__view_await,
		.options = { .to = UINT64_MAX, .last_iteration = UINT64_MAX,
			     .depth = 3, .limit = 400 },
		.text = { .ascii = !is_utf8() },
	};
	int c, status = STATUS_BAD;

	while ((c = coil__option(argc, argv, ":o:", options, help)) != -1) {
		if (c == 'h') {
			status = coil__finish(NULL, STATUS_GOOD);
			goto end;
		}
		if (!take_option(&request, argv[0], c, optarg))
			goto end;
	}
	status = run(&request, argc, argv);
end:
	free(request.options.tasks);
	return status;
}
