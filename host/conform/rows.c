/* SPDX-License-Identifier: MIT
 *
 * The table of checks: one row a rule. docs/plugin-check.md is made of it.
 *
 * A row stands behind the one it rests on. That one is where the consequences of a broken rule end:
 * a plugin that crashes in its first event is told so once. */
#include "internal.h"

#include <quoin/execution.h>
#include <quoin/optimizer.h>
#include <quoin/risk.h>
#include <quoin/sink.h>
#include <quoin/strategy.h>
#include <quoin/tuner.h>
#include <quoin/venue.h>

#include <string.h>

/* Kinds whose instances can be given a state in the middle of a run. */
#define KIND_STATE ((KIND_PURE | KIND_VENUE) & ~KIND_TUNER)

const check_row conform_rows[] = {
    {{"file.rules",
      "The file keeps the rules of its tier, as far as they can be told without "
      "running any of its code.",
      "The host runs nothing of a file before it knows that loading it can do no harm: a "
      "constructor, a second export or thread-local storage takes effect before any check.",
      "The message names the rule and the option of compiler or linker that keeps it. Building by "
      "quoin_add_plugin, or with the flags of `pkg-config quoin`, keeps all of them."},
     KIND_FILE,
     NULL,
     check_file_rules},
    {{"file.scan", "The file's note can be read within 100 ms.",
      "`quoin plugin list` and the start of a run read the notes of all files in the folder.",
      "Strip debug sections into a file of their own if the file is very large; the note itself "
      "takes no time."},
     KIND_FILE,
     "file.rules",
     check_file_scan},
    {{"file.load",
      "The file loads, its entry point returns a table, and neither crashes, hangs, "
      "ends the process, nor leaves threads, open files, signal handlers, another "
      "rounding mode or locale behind.",
      "A plugin is brought into a process that trades.",
      "Let the entry point return the address of a static table and do nothing else: QN_ENTRY and "
      "the macros of the kinds do. What must be prepared is prepared in create."},
     KIND_FILE,
     "file.rules",
     check_file_load},
    {{"file.note",
      "The entry point's table says what the file's note says: ABI, ids, kinds, "
      "versions, licenses.",
      "Users choose and trust a plugin by its note; what runs must be what was chosen.",
      "Give both the same texts: the macros of the kinds (QN_STRATEGY, ...) make both of one."},
     KIND_FILE,
     "file.load",
     check_file_note},
    {{"file.tables",
      "The tables are whole: sizes, the kind's functions, parameters with type, "
      "slot, default, bounds, labels and texts, extensions, state.",
      "The host reads through these tables without further looks.",
      "The message names class, row and member. Use QN_PARAM, QN_TABLE and the macros of the "
      "kinds, which fill in sizes and offsets."},
     KIND_FILE,
     "file.note",
     check_file_tables},
    {{"file.version",
      "The entry point returns NULL for a host of another major version of the ABI, or of an older "
      "minor than the note asks for, and the same table each time for ours.",
      "A host of another ABI reads the tables by other rules: NULL lets it say so, a table lets it "
      "crash.",
      "Ask QN_ABI_FITS(host_abi), as QN_ENTRY does, and return NULL where it says no."},
     KIND_FILE,
     "file.tables",
     check_file_version},

    {{"params.defaults",
      "An instance is made with nothing but the defaults of its parameters. One "
      "that must be given gets the lower end of its search range or bounds, a "
      "path one in an empty folder.",
      "It is what a user tries first, and what all other checks rest on.",
      "Choose defaults that create takes together, with two instruments or one, and one account. "
      "Where a "
      "parameter has no sensible default, give it a bound that works."},
     KIND_ALL,
     "file.tables",
     check_defaults},
    {{"run.calls",
      "The host's functions are called when they may be, and what a call was given is "
      "not used after it: over 400 minutes of an ordinary market nothing is broken of "
      "what the test bench watches.",
      "A kept `qn_out`, a lookup in an event, or a call that writes where it may only read works "
      "on one host and corrupts another.",
      "The message names the call. Look up extensions and features in configure, keep no pointer "
      "that was lent for a call, write nothing in check, save, lookback, need and describe."},
     KIND_ALL,
     "params.defaults",
     check_calls},
    {{"run.answers",
      "On an ordinary market no event is answered with an error, and nothing is "
      "said that a host refuses: numbers are finite and in range, instruments known "
      "ones.",
      "An output that is refused is a trade that the author believes in and that never was.",
      "The message names event and code. Check what you compute before you say it: a logarithm of "
      "0, a quotient by 0, a quantity of 0."},
     KIND_ALL,
     "run.calls",
     check_answers},
    {{"run.alloc", "No memory is taken from the host while events flow.",
      "The arena only grows: memory taken in an event is a leak, and takes its time when it "
      "counts.",
      "Take all memory in configure, for the most that can be needed: windows have a length, "
      "books a number of slots."},
     KIND_ALL,
     "run.calls",
     check_alloc},
    {{"run.repeat",
      "The same events bring about the same outputs and the same state, byte by "
      "byte.",
      "A backtest that cannot be repeated proves nothing, and a journal that cannot be replayed "
      "recovers nothing.",
      "Take time from the event, random numbers from a seed in the parameters or the state. Look "
      "for variables that are not set, static ones, addresses that are compared, clocks."},
     KIND_ALL,
     "run.calls",
     check_repeat},
    {{"run.hostile",
      "A market that is not as it should be (gaps, crossed and empty quotes, prices "
      "of zero, negative and huge ones, venue time that goes back, events of "
      "unknown orders and types) brings about no crash, no hang and nothing that a "
      "host refuses.",
      "Venues send all of that, on the days that matter.",
      "The message names the event. Check prices before you divide by them or take logarithms, use "
      "qn_wide for products, ignore what you do not know."},
     KIND_ALL,
     "run.answers",
     check_hostile},
    {{"run.latency", "Each call returns; how long calls take is told.",
      "The slowest call is how late an order can be.",
      "Nothing fails here. If p99 is far above p50, look for loops over all that was seen: the "
      "SDK's windows and indicators take constant time."},
     KIND_ALL,
     "run.calls",
     check_latency},

    {{"life.again",
      "Instances can be made and ended again and again, with events between or "
      "without, and two at once.",
      "A reload makes the new one before the old one ends, and a run makes one for each line of "
      "the config.",
      "Keep everything in the instance. destroy must cope with an instance that has seen no "
      "event."},
     KIND_ALL,
     "run.repeat",
     check_again},
    {{"life.memory",
      "Whichever allocation is denied, create says so or does without, and nothing "
      "crashes.",
      "A host that runs short of memory must be able to refuse one plugin and trade on.",
      "Compare what host->alloc returns with NULL each time, and return qn_fail(err, "
      "QN_E_NO_MEMORY, ...)."},
     KIND_ALL,
     "life.again",
     check_memory},
    {{"life.leak", "An instance leaves no memory behind when it ends.",
      "A plugin is reloaded thousands of times in a process that runs for months.",
      "Take memory from host->alloc, which is freed as a whole; what comes from malloc is freed in "
      "destroy, which is also called after an instance that was never started."},
     KIND_ALL,
     "life.again",
     check_leak},
    {{"life.surroundings",
      "No call leaves a thread, an open file, a signal handler or mask, "
      "another rounding mode, other treatment of denormals, or another locale "
      "behind. Sinks and venues may while they run, not when they have ended.",
      "They are the process's, and every other plugin's.",
      "The message names what was changed and in which call. Put back what you change before you "
      "return. Slow work belongs to the host's worker pool, not to a thread of your own."},
     KIND_ALL,
     "run.calls",
     check_surroundings},
    {{"life.apart", "An instance does the same whether another one lives beside it or not.",
      "Two lines of a config must not trade each other's prices.",
      "Static variables that are written, and caches that instances share, go into the instance."},
     KIND_ALL,
     "run.repeat",
     check_apart},

    {{"params.labels",
      "Each label of an enumeration, and true and false, is taken, or refused "
      "with a reason.",
      "A label that crashes is found by the first user who tries it.",
      "Handle each label, and refuse in configure, with words, what does not go together."},
     KIND_ALL,
     "run.calls",
     check_labels},
    {{"params.bounds",
      "Each bound and each end of a search range is taken, or refused with a "
      "reason.",
      "A tuner goes there first.",
      "Move the bound to where the code still works, or say in configure why it does not."},
     KIND_ALL,
     "run.calls",
     check_bounds},
    {{"params.inside", "Values drawn from within the bounds are taken, or refused with a reason.",
      "What the table allows, a config may say.", "As for bounds. --seed draws others."},
     KIND_ALL,
     "run.calls",
     check_inside},
    {{"params.outside",
      "A value that the table does not allow is refused before the plugin sees "
      "it.",
      "The plugin is written for values within its bounds.",
      "Give each parameter the bounds that its code relies on."},
     KIND_ALL,
     "params.defaults",
     check_outside},

    {{"state.round",
      "What is saved, loaded and saved again is the same bytes; saving twice gives "
      "the same bytes.",
      "Whether a reload lost anything is told by comparing these bytes.",
      "Write values, no pointers and no padding of structs; the table of fields does. Load every "
      "field that is saved."},
     KIND_STATE,
     "life.again",
     check_round},
    {{"state.pieces", "A stream that moves 1, 3 or 7 bytes a call gives the same state.",
      "Short counts are legal: a stream may be a socket.",
      "Loop until all bytes are moved, as qn_stream_get and qn_stream_put do."},
     KIND_STATE,
     "state.round",
     check_pieces},
    {{"state.short", "The first part of a state is refused, and no living instance changes.",
      "A truncated snapshot that is taken for a whole one trades on half a memory.",
      "Return an error where a read gives 0 bytes before the end, as qn_stream_get does; say "
      "which part is missing."},
     KIND_STATE,
     "state.round",
     check_short},
    {{"state.damaged",
      "A state with a bit turned is refused with a reason, or taken and lived "
      "with: no crash, no hang.",
      "The host's checksum catches what happens to a file, not what another build writes.",
      "Check counts, indices and enumerations that were read before you use them, as a parameter "
      "would be."},
     KIND_STATE,
     "state.round",
     check_damaged},
    {{"state.newer", "A state of a layout that the class does not know yet is refused.",
      "After a build is taken back, the state of the later one is still there.",
      "Compare the schema that load is given with your own, and refuse a higher one with "
      "QN_E_TOO_NEW."},
     KIND_STATE,
     "state.round",
     check_newer},
    {{"state.resume",
      "An instance that is replaced every 7 minutes by a new one with its state does "
      "what it would have done.",
      "That is what a reload of a new build and the start from a snapshot do.",
      "What a later decision depends on belongs into the table of fields. A class that needs no "
      "state says QN_CLASS_STATELESS, and then remembers nothing."},
     KIND_STATE,
     "state.round",
     check_resume},
    {{"state.live",
      "A state that was saved with one value of a parameter that may change while a run goes on "
      "(QN_PARAM_LIVE) is taken by an instance with another value, and the other way round.",
      "`quoin ctl set` makes an instance with the new value, gives it the state, and puts it in "
      "the "
      "place of the one before; a state that does not go over refuses the operator.",
      "Let only those parameters be LIVE whose value decides no size or layout of the state: how "
      "much is enough, not how much is remembered. Compute what follows from them in configure, "
      "and keep it out of the state. A class with such parameters saves its state, or says "
      "QN_CLASS_STATELESS."},
     KIND_STATE & ~KIND_VENUE,
     "state.round",
     check_live},
    {{"state.golden",
      "The states of released layouts that are kept beside the sources are loaded: its own layout "
      "is saved again as the same bytes, an older one as a state that loads; and it goes on with "
      "them.",
      "Users' runs hold states of every release. A member that was added without a new number of "
      "the layout, or a layout that can be read no more, is found by them, in the middle of a "
      "reload.",
      "Give a changed layout the next number, and the new fields QN_FIELD_SINCE of it. Layouts "
      "that are to be read no more lie below schema_min. Keep the state of each layout that you "
      "release: --golden FOLDER --keep writes it."},
     KIND_STATE,
     "state.round",
     check_golden},

    {{"commands.calls",
      "Each command, called with arguments from within their bounds, returns or refuses with a "
      "reason. It pushes nothing and takes no memory, changes nothing where it refuses, and the "
      "market behind it is answered as before.",
      "An operator calls it in a run that trades, and a replay calls it again.",
      "The message names the call. Refuse by qn_fail before anything is changed; what is to be "
      "said is said in the next event."},
     KIND_PURE,
     "state.resume",
     check_command_calls},
    {{"commands.extremes",
      "Nor is any harm in arguments at the ends of their bounds and types, in zero, the smallest "
      "and the largest numbers, and in texts that are empty, or hold blanks, quotation marks and "
      "formats.",
      "What the table allows, an operator may type. NaN, infinity and control characters do not "
      "come through: the host refuses them.",
      "Give each argument the bounds that the code relies on; never use a text as a format or as "
      "a path."},
     KIND_PURE,
     "commands.calls",
     check_command_extremes},
    {{"commands.repeat",
      "The same calls between the same events bring about the same results, outputs and state.",
      "A call is on record with its arguments, and is made again in a replay and a resume: that "
      "run must be this one.",
      "Depend on the arguments and the instance alone: no clock, no file, no static variable."},
     KIND_PURE,
     "commands.calls",
     check_command_repeat},
    {{"commands.resume",
      "What a command changed is a part of the state: an instance that is replaced by a new one "
      "behind each call does what it would have done.",
      "Else a reload, or the start from a snapshot, takes back in silence what an operator "
      "ordered.",
      "Put what commands change into the table of fields; a parameter that a command changes, "
      "too."},
     KIND_PURE,
     "commands.repeat",
     check_command_resume},
    {{"host.bare",
      "On a host that has no extension but those of `needs`, the class works, or "
      "refuses to start with a reason.",
      "ext() returns NULL for what a host does not have: an unknown id is no error.",
      "Name in .needs what the class cannot do without; compare everything else with NULL."},
     KIND_ALL,
     "run.calls",
     check_host_bare},
    {{"host.short",
      "Nothing is read behind the size that a struct of the host has in the oldest "
      "version of this ABI.",
      "An older host has nothing there: what is read is another object, or a crash.",
      "Read every member that is younger than your oldest host by QN_HAS."},
     KIND_ALL,
     "run.repeat",
     check_host_short},
    {{"host.long",
      "Structs of the host that are longer than the plugin knows, with zeros behind, "
      "change nothing.",
      "A later host appends members; zero means as before.",
      "Do not compare a size with sizeof for equality; read what you know."},
     KIND_ALL,
     "run.repeat",
     check_host_long},
    {{"host.newer",
      "Nor do members that it does not know and that are not zero, in structs and "
      "events.",
      "They are the later host's business.",
      "Copy by your own sizeof, never by the host's size into memory of yours."},
     KIND_ALL,
     "host.long",
     check_host_newer},
};
const size_t conform_nrows = sizeof conform_rows / sizeof conform_rows[0];

unsigned kind_bit(const char *kind)
{
    static const struct {
        const char *id;
        unsigned bit;
    } kinds[] = {{QN_KIND_STRATEGY, KIND_STRATEGY},   {QN_KIND_MODEL, KIND_MODEL},
                 {QN_KIND_OPTIMIZER, KIND_OPTIMIZER}, {QN_KIND_RISK, KIND_RISK},
                 {QN_KIND_EXECUTION, KIND_EXECUTION}, {QN_KIND_TUNER, KIND_TUNER},
                 {QN_KIND_VENUE, KIND_VENUE},         {QN_KIND_SINK, KIND_SINK}};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].id, kind) == 0) return kinds[i].bit;
    return 0;
}
