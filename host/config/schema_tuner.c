/* SPDX-License-Identifier: MIT
 *
 * The keys of the group `tuner`. */
#include "schema.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const field space_fields[] = {
    {.key = "path",
     .kind = &kind_text,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_dimension, path),
     .doc = "the value to change, as `--set` names it: `strategies.sma.params.fast`"},
    {.key = "low",
     .kind = &kind_scalar,
     .slot = offsetof(config_dimension, low),
     .doc = "its smallest value; the search range of the plugin's parameter when absent"},
    {.key = "high",
     .kind = &kind_scalar,
     .slot = offsetof(config_dimension, high),
     .doc = "its largest value; the search range of the plugin's parameter when absent"},
    {.key = "step",
     .kind = &kind_scalar,
     .slot = offsetof(config_dimension, step),
     .doc = "distance of its values, from `low` on; that of the plugin's parameter when absent and "
            "the range is absent too, else 1 for a whole number and none for a number"},
    {.key = "scale",
     .kind = &kind_choice,
     .slot = offsetof(config_dimension, scale),
     .def = "linear",
     .labels = "linear|log",
     .doc = "how values spread over the range; `log` gives 1 to 10 as much as 10 to 100"},
    {.key = "values",
     .kind = &kind_scalars,
     .slot = offsetof(config_dimension, values),
     .doc = "its values one by one, in place of a range"},
};

static const size_t space_node = offsetof(config_dimension, node);

static const schema space_schema = {
    .name = "tuner.space",
    .doc =
        "One dimension of the space each: a range or a list of values. Without either it is what "
        "the plugin says of its parameter: its search range, its labels, true and false.",
    .fields = space_fields,
    .nfields = COUNT(space_fields),
    .size = sizeof(config_dimension),
    .node_at = &space_node,
};

static const field span_fields[] = {
    {.key = "from",
     .kind = &kind_time,
     .slot = offsetof(config_span, from),
     .doc = "events up to and including this time are left out; the start of the data when absent"},
    {.key = "to",
     .kind = &kind_time,
     .slot = offsetof(config_span, to),
     .doc = "events after this time are left out; the end of the data when absent"},
};

static const size_t span_node = offsetof(config_span, node);

static const schema train_schema = {
    .name = "tuner.train",
    .doc = "The part of the data that trials run on.",
    .fields = span_fields,
    .nfields = COUNT(span_fields),
    .size = sizeof(config_span),
    .node_at = &span_node,
};

static const schema test_schema = {
    .name = "tuner.test",
    .doc = "The part of the data that the best trials are run on once, after the search. It must "
           "lie apart from `train`.",
    .fields = span_fields,
    .nfields = COUNT(span_fields),
    .size = sizeof(config_span),
    .node_at = &span_node,
};

static const field tuner_fields[] = {
    {.key = "plugin",
     .kind = &kind_plugin,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_tuner, plugin),
     .doc = "class id, `tuner/NAME`, or a file"},
    {.key = "path",
     .kind = &kind_path,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_tuner, path),
     .doc = "folder of the search: its trials, from which it goes on, and its report"},
    {.key = "space",
     .kind = &kind_groups,
     .flags = FIELD_REQUIRED | FIELD_POSITIVE,
     .slot = offsetof(config_tuner, space),
     .count = offsetof(config_tuner, nspace),
     .sub = &space_schema,
     .doc = "the dimensions, one or more"},
    {.key = "objective",
     .kind = &kind_text,
     .slot = offsetof(config_tuner, objective),
     .def = "sharpe",
     .doc = "the figure to be made best: a row of `performance` in the result of a run"},
    {.key = "direction",
     .kind = &kind_choice,
     .slot = offsetof(config_tuner, direction),
     .def = "max",
     .labels = "max|min",
     .doc = "which way is better"},
    {.key = "trials",
     .kind = &kind_int,
     .slot = offsetof(config_tuner, trials),
     .def = "1000",
     .low = 1,
     .high = 100000,
     .doc = "trials at most"},
    {.key = "best",
     .kind = &kind_int,
     .slot = offsetof(config_tuner, best),
     .def = "10",
     .low = 1,
     .high = 100,
     .doc = "how many of the best trials are shown, and run on `test`"},
    {.key = "limit",
     .kind = &kind_duration,
     .flags = FIELD_POSITIVE,
     .slot = offsetof(config_tuner, limit),
     .doc = "a trial that takes longer than this is ended and counts as failed; no limit when "
            "absent"},
    {.key = "train",
     .kind = &kind_group,
     .slot = offsetof(config_tuner, train),
     .sub = &train_schema,
     .doc = "the data of the search; all of it when absent"},
    {.key = "test",
     .kind = &kind_group,
     .slot = offsetof(config_tuner, test),
     .sub = &test_schema,
     .doc = "other data for the best trials; none when absent"},
    {.key = "params",
     .kind = &kind_params,
     .slot = offsetof(config_tuner, params),
     .doc = "parameters of the plugin: `quoin plugin show ID` lists them"},
};

static const size_t tuner_node = offsetof(config_tuner, node);

const schema tuner_schema = {
    .name = "tuner",
    .doc = "What `quoin tune` searches for, in which space, on which data.",
    .fields = tuner_fields,
    .nfields = COUNT(tuner_fields),
    .size = sizeof(config_tuner),
    .node_at = &tuner_node,
};
