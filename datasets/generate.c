/*
 * generate.c - data without a download: short reports from an invented county,
 * made by a grammar of our own, the same bytes on every machine.
 *
 *   generate DIR    writes DIR/{topics,headlines}.{train,dev}.jsonl
 *
 * topics:    {"text": report, "label": topic}          8 topics, skewed
 * headlines: {"report": report, "headline": headline}
 *
 * A report has one event of its topic, told somewhere in its middle in one of
 * several wordings, sentences that colour the topic, sentences of another topic
 * and sentences of none. The headline says who did what where in the desk's
 * standard words: the names must be copied (most are in no other report), the
 * verb must be understood, the rest must be left out. Most reports tell a second
 * event, of another topic, that is old news or hearsay, and only the words
 * around the two say which is which. So both tasks need the same thing, to find
 * the event that counts, and neither is free: one report in twenty was filed
 * under the other event's topic.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/rng.h"

enum { TOPICS = 8, EVENTS = 3, WORDINGS = 3, COLOURS = 6, SEED = 20260504,
       MISFILED = 20 };

/* One thing that can happen: how the headline says it, how reports tell it.
 * @ the actor, # the object's name, % the place. */
struct event {
	const char *headline;
	const char *told[WORDINGS];
};

struct topic {
	const char *name;
	int frequency; /* of 100 */
	struct event event[EVENTS];
	const char *colour[COLOURS];
};

static const struct topic topics[TOPICS] = {
	{ "harbour", 20,
	  { { "@ buys ferry # in %",
	      { "in % the shipping firm of @ has taken over the old ferry # for good",
		"the ferry # now belongs to @ , who signed the papers at the quay of %",
		"after weeks of talks @ became the owner of the # , the ferry of %" } },
	    { "@ closes dock # in %",
	      { "the dock called # in % will see no more ships , said its keeper @",
		"keeper @ has shut the # dock at % until further word",
		"nothing may land any longer at the # dock in % by order of @" } },
	    { "@ rescues crew of # off %",
	      { "the crew of the # was brought ashore at % by the pilot @",
		"pilot @ pulled every sailor of the # out of the sea near %",
		"all hands of the # are safe in % thanks to @ and a small boat" } } },
	  { "the tide was low and the nets hung dry along the mole",
	    "gulls followed the boats back from the banks",
	    "the lighthouse had been dark since the storm",
	    "crates of herring stood on the quay until noon",
	    "old captains spoke of nothing else at the pier",
	    "the cranes were idle while the ships waited at anchor" } },
	{ "council", 18,
	  { { "@ opens school # in %",
	      { "the doors of the new school # in % were opened by mayor @",
		"mayor @ cut the ribbon at # , the school that % had waited for",
		"children of % will learn at # from monday , as mayor @ told the crowd" } },
	    { "@ raises toll on # in %",
	      { "crossing the # at % will cost more under a rule of clerk @",
		"clerk @ has put up the toll for the # in %",
		"travellers over the # near % must pay a higher toll , wrote @" } },
	    { "@ loses vote on # in %",
	      { "the plan for # was turned down in % , a defeat for its author @",
		"member @ could not win % for the # plan and sat down without a word",
		"by a single hand the assembly of % refused what @ had asked for #" } } },
	  { "the session went on until the lamps were lit",
	    "papers were passed along the benches",
	    "members of both sides asked for the accounts",
	    "the budget had been short for years",
	    "a motion to adjourn was made twice",
	    "the gallery was full of citizens with petitions" } },
	{ "farming", 15,
	  { { "@ sells farm # near %",
	      { "the farm # outside % has gone from @ to a buyer in the city",
		"after forty years @ gave up # , the last farm before %",
		"an auction near % ended the time of @ at the # farm" } },
	    { "@ loses herd at # near %",
	      { "a fever took the whole herd of @ at # near %",
		"not one cow is left to @ on the # meadow at %",
		"the meadow # by % stands empty since the cattle of @ fell ill" } },
	    { "@ wins prize for # in %",
	      { "the jury at % gave its first prize to the apple # grown by @",
		"with the apple # the grower @ came first at the show in %",
		"first place at the % show went to @ and a basket of #" } } },
	  { "the barley stood high after the rain",
	    "hay was brought in before the first frost",
	    "the mill turned day and night that week",
	    "seed was dear and hands were few",
	    "the orchards had flowered late",
	    "wagons of turnips blocked the lane" } },
	{ "rail", 13,
	  { { "@ delays line # to %",
	      { "trains on the # line to % will start a year later , engineer @ admitted",
		"engineer @ needs more time for the # line that is to reach %",
		"the line # will not come to % this season , wrote @ to the board" } },
	    { "@ repairs bridge # at %",
	      { "the bridge # at % carries trains again after the work of @",
		"builder @ finished mending # , the iron bridge at %",
		"thanks to builder @ the # bridge near % is whole again" } },
	    { "@ stops strike on # at %",
	      { "the stokers of the # depot in % went back to work after a word from @",
		"foreman @ ended the walkout at the # depot of %",
		"there is steam again at # in % because @ made peace with the stokers" } } },
	  { "the signal arm had stuck in the cold",
	    "freight wagons waited on the siding",
	    "the night express came in late again",
	    "new rails were stacked beside the platform",
	    "tickets could be had only at the counter",
	    "a guard with a lantern walked the tunnel" } },
	{ "theatre", 11,
	  { { "@ sings # in %",
	      { "the part of # was given by the soprano @ at the house in %",
		"soprano @ appeared as # before a full house in %",
		"% heard @ as # last night and would not let the curtain fall" } },
	    { "@ cancels play # in %",
	      { "there will be no # in % because director @ has called it off",
		"director @ took the play # from the bill in %",
		"the play # was to open in % but @ withdrew it" } },
	    { "@ donates painting # to %",
	      { "the picture # will hang in % as a gift of @",
		"collector @ gave away # , and the hall of % is richer by a picture",
		"with the painting # collector @ has made a present to %" } } },
	  { "the orchestra tuned for a long while",
	    "costumes were sewn until the last hour",
	    "the audience rose and threw flowers",
	    "critics had been unkind about the scenery",
	    "the chorus was small but well rehearsed",
	    "velvet seats creaked in the upper circle" } },
	{ "games", 9,
	  { { "@ beats # in %",
	      { "the wrestler @ threw # twice on the green of %",
		"champion # went down before @ in the ring at %",
		"in % the title of # passed to @ after a short bout" } },
	    { "@ joins # of %",
	      { "the striker @ will play for # , the club of %",
		"club # from % has a new striker in @",
		"next season @ wears the colours of # in %" } },
	    { "@ breaks record at # in %",
	      { "nobody ever ran the # track in % faster than @ did on sunday",
		"runner @ set a new best time on the # course at %",
		"the clock at # in % stopped earlier than ever for @" } } },
	  { "the referee looked at his watch",
	    "the second half began in drizzle",
	    "supporters sang on the terraces",
	    "the coach was pleased with the defence",
	    "training had been hard all winter",
	    "the trophy stood on a small table" } },
	{ "health", 8,
	  { { "@ cures fever # in %",
	      { "the sickness known as # has left % since doctor @ came",
		"doctor @ found what helps against the # fever in %",
		"patients with # in % are well again under the care of @" } },
	    { "@ warns of # in %",
	      { "water from the # well in % should not be drunk , said doctor @",
		"do not drink from the well # , doctor @ told the people of %",
		"the # well of % is foul according to doctor @" } },
	    { "@ leaves ward # in %",
	      { "matron @ will no longer lead the # ward in %",
		"the ward # at the hospital of % must do without matron @",
		"after a quarrel matron @ gave up the # ward in %" } } },
	  { "nurses worked through the night",
	    "bottles and bandages had run short",
	    "the sick were kept apart for a week",
	    "a new remedy was mixed at the pharmacy",
	    "visitors had to wash their hands twice",
	    "the surgeon asked for better light" } },
	{ "courts", 6,
	  { { "@ jailed over # in %",
	      { "for the theft of the # ring the judge in % sent @ to prison",
		"prison for @ , ruled the bench of % in the matter of the # ring",
		"@ must go behind bars because of the # ring stolen in %" } },
	    { "@ cleared over # in %",
	      { "the court of % found @ not guilty in the # affair",
		"not guilty was the word for @ when the # case ended in %",
		"@ walked free from the bench in % after the # trial" } },
	    { "@ sues # in %",
	      { "the merchant @ has taken the # company to court in %",
		"the company # must answer a claim of @ before the judge at %",
		"before the bench of % merchant @ asks the # company for damages" } } },
	  { "the jury was out for an hour",
	    "witnesses contradicted each other",
	    "the clerk read the charges aloud",
	    "a lawyer from the city spoke at length",
	    "the dock was guarded by two constables",
	    "the verdict was heard in silence" } },
};

static const char *const neutral[] = {
	"it rained for most of the day", "the matter will be heard of again",
	"a reporter of this paper was present", "nobody was hurt",
	"people in the street had much to say", "more is expected before the week is out",
	"the costs are not yet known", "many had travelled from far away",
	"some said they had seen it coming", "the mood was calm",
};

static const char *const heads[] = { "ba", "cor", "del", "fen", "gri", "hal", "jo", "kel",
	"lun", "mar", "nor", "ol", "pri", "quil", "ros", "sten", "tor", "ul", "ver", "wen",
	"yar", "zem" };
static const char *const middles[] = { "", "", "da", "lo", "mi", "ne", "ra", "ti", "vo" };
static const char *const tails[] = { "bert", "dane", "gard", "holm", "ick", "land", "mond",
	"nell", "ow", "rin", "sby", "ton", "vale", "wick" };
static const char *const places[] = { "ashby", "brackwater", "coldspring", "dunmere",
	"eastholt", "fairlock", "greymoor", "highbarrow", "ironford", "kingsreach",
	"longstrand", "millhaven", "northgate", "oldcastle", "pinecross", "redcliff",
	"saltmarsh", "thornfield", "upperwell", "whitebridge" };

/* Around the event that counts, and around one that does not. */
static const char *const news[] = { "", "", "this morning ", "as of today ",
	"it is now certain : ", "word came at noon that " };
static const char *const stale[] = { "a year ago ", "nobody believes that ",
	"it is an old story that ", "in the days of our fathers ",
	"it was only a rumour that ", "children like to tell that " };

#define COUNT(a) ((uint32_t)(sizeof(a) / sizeof *(a)))

/* A report's stream of choices. */
struct dice {
	struct rng rng;
	uint64_t at;
};

static uint32_t roll(struct dice *d, uint32_t n)
{
	return rng_below(&d->rng, d->at++, n);
}

static void make_name(struct dice *d, char out[32])
{
	str_format(out, 32, "%s%s%s", heads[roll(d, COUNT(heads))],
		   middles[roll(d, COUNT(middles))], tails[roll(d, COUNT(tails))]);
}

struct cast {
	char actor[32], object[32];
	const char *place;
};

/* Puts the cast into a pattern. */
static void tell(struct buf *b, const char *pattern, const struct cast *c)
{
	for (const char *p = pattern; *p; p++) {
		if (*p == '@')
			buf_adds(b, c->actor);
		else if (*p == '#')
			buf_adds(b, c->object);
		else if (*p == '%')
			buf_adds(b, c->place);
		else
			buf_addc(b, *p);
	}
}

static int pick_topic(struct dice *d)
{
	int x = (int)roll(d, 100), t = 0;

	while (x >= topics[t].frequency)
		x -= topics[t++].frequency;
	return t;
}

static int other_topic(struct dice *d, int t)
{
	return (t + 1 + (int)roll(d, TOPICS - 1)) % TOPICS;
}

struct report {
	struct buf text, headline;
	const char *label;
};

static void add_sentence(struct buf *b, const char *s)
{
	if (b->len)
		buf_addc(b, ' ');
	buf_adds(b, s);
	buf_adds(b, " .");
}

/* A sentence around the event: of the topic, of the other one, or of none. */
static const char *surround(struct dice *d, int topic, int other)
{
	uint32_t kind = roll(d, 10);

	if (kind < 3)
		return topics[topic].colour[roll(d, COLOURS)];
	if (kind < 6)
		return topics[other].colour[roll(d, COLOURS)];
	return neutral[roll(d, COUNT(neutral))];
}

/* A person of another topic who did nothing that matters: not for the headline. */
static void add_bystander(struct dice *d, struct buf *b)
{
	char name[32], line[128];

	make_name(d, name);
	switch (roll(d, 3)) {
	case 0: str_format(line, sizeof line, "%s of %s had no comment", name,
			   places[roll(d, COUNT(places))]); break;
	case 1: str_format(line, sizeof line, "a letter from %s of %s arrived too late",
			   name, places[roll(d, COUNT(places))]); break;
	default: str_format(line, sizeof line, "%s came from %s to watch", name,
			    places[roll(d, COUNT(places))]); break;
	}
	add_sentence(b, line);
}

/* One event told with a cast of its own, behind words that date it. */
static void tell_event(struct dice *d, const struct event *e, const struct cast *c,
		       const char *dated, struct buf *out)
{
	buf_clear(out);
	buf_adds(out, dated);
	tell(out, e->told[roll(d, WORDINGS)], c);
}

static void make_cast(struct dice *d, struct cast *c)
{
	c->place = places[roll(d, COUNT(places))];
	make_name(d, c->actor);
	make_name(d, c->object);
}

static void make_report(uint32_t set, uint64_t number, struct report *r)
{
	struct dice d = { rng_stream(SEED, RNG_DATA, set, number), 0 };
	int t = pick_topic(&d), other = other_topic(&d, t);
	const struct event *e = &topics[t].event[roll(&d, EVENTS)];
	int n = 4 + (int)roll(&d, 3), at = (int)roll(&d, (uint32_t)n);
	int decoy = roll(&d, 4) ? (at + 1 + (int)roll(&d, (uint32_t)n - 1)) % n : -1;
	int bystander = (int)roll(&d, (uint32_t)n);
	struct cast c, extra;
	struct buf told;

	make_cast(&d, &c);
	make_cast(&d, &extra);
	buf_clear(&r->text);
	buf_clear(&r->headline);
	buf_init(&told);
	for (int i = 0; i < n; i++) {
		if (i == at) {
			tell_event(&d, e, &c, news[roll(&d, COUNT(news))], &told);
		} else if (i == decoy) {
			tell_event(&d, &topics[other].event[roll(&d, EVENTS)], &extra,
				   stale[roll(&d, COUNT(stale))], &told);
		} else {
			buf_clear(&told);
			buf_adds(&told, surround(&d, t, other));
		}
		add_sentence(&r->text, buf_str(&told));
		if (i == bystander)
			add_bystander(&d, &r->text);
	}
	buf_release(&told);
	tell(&r->headline, e->headline, &c);
	r->label = topics[roll(&d, MISFILED) ? t : other].name;
}

static enum status write_set(const char *dir, const char *name, uint32_t set, int rows,
			     bool is_topics, struct err *err)
{
	char path[PATH_MAX];
	struct file_out *f = NULL;
	struct report r;
	struct buf line;
	struct json_out j;
	enum status st;

	memset(&r, 0, sizeof r);
	buf_init(&line);
	str_format(path, sizeof path, "%s/%s.jsonl", dir, name);
	st = file_out_open(path, &f, err);
	for (int i = 0; !st && i < rows; i++) {
		make_report(set, (uint64_t)i, &r);
		buf_clear(&line);
		json_out_init(&j, &line, 0);
		json_open(&j, NULL, '{');
		json_put_str(&j, is_topics ? "text" : "report", buf_str(&r.text));
		json_put_str(&j, is_topics ? "label" : "headline",
			     is_topics ? r.label : buf_str(&r.headline));
		json_close(&j, '}');
		buf_addc(&line, '\n');
		st = file_out_write(f, line.s, line.len, err);
	}
	if (!st)
		st = file_out_commit(f, err);
	else
		file_out_abort(f);
	buf_release(&line);
	buf_release(&r.text);
	buf_release(&r.headline);
	return st;
}

int main(int argc, char **argv)
{
	struct err err;
	enum status st;

	if (argc != 2) {
		fprintf(stderr, "usage: generate DIR\n");
		return 2;
	}
	st = file_mkdirs(argv[1], 0755, &err);
	if (!st)
		st = write_set(argv[1], "topics.dev", 1, 600, true, &err);
	if (!st)
		st = write_set(argv[1], "headlines.train", 2, 8000, false, &err);
	if (!st)
		st = write_set(argv[1], "headlines.dev", 3, 600, false, &err);
	if (!st) /* last: what the Makefile looks for */
		st = write_set(argv[1], "topics.train", 0, 8000, true, &err);
	if (st)
		fprintf(stderr, "generate: %s\n", err.text);
	return st ? 1 : 0;
}
