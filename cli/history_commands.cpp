// The part of the command table about history data.

#include "cli/commands.h"

namespace yizhan::cli {
namespace {

const Argument kLimit = {"--limit", Takes::kNumber, "at most so many", "limit"};
const Argument kFrom = {"--from", Takes::kOption, "go on there (`next` of the answer)",
                        "from"};
const Argument kSlice = {"--slice", Takes::kOption, "slice or path, as HL-GEAR/PRJ-1/en-US/zh-CN",
                         "slice"};
const Argument kId = {"ID", Takes::kWord, "32 hex digits, as search shows them", "id"};
const Argument kText = {"TEXT", Takes::kWord, "words to look for; Chinese of any length", "text"};
const Argument kNumber = {"N", Takes::kWord, "its number in `sync parked`", "n"};

const ListColumns kUnits = {
    "records", {"id", "slice", "fields.source", "fields.target", "fields.status", "waiting"}};
const ListColumns kTerms = {
    "records", {"id", "slice", "fields.lang", "fields.term_text", "fields.status", "fields.note"}};
const ListColumns kItems = {"records",
                            {"id", "slice", "fields.item_kind", "fields.sender", "fields.item_text",
                             "fields.thread", "fields.created"}};
const ListColumns kRevisions = {
    "revisions", {"rev", "outcome", "user", "deleted", "fields.target", "fields.status", "stored"}};

constexpr const char* kUnit = R"({"kind": "unit"})";
constexpr const char* kTerm = R"({"kind": "term"})";
constexpr const char* kItem = R"({"kind": "item"})";

}  // namespace

std::vector<Command> history_commands() {
  return {
      {"tm list", "translation units", kAgent, {kSlice, kLimit, kFrom}, run_remote, "records.list",
       {kUnits}, false, kUnit},
      {"tm search", "units that hold these words", kAgent, {kText, kLimit}, run_remote,
       "records.search", {kUnits}, false, kUnit},
      {"tm show", "one unit, with every text it ever had", kAgent, {kId}, run_remote,
       "records.show", {kRevisions}, false, kUnit},
      {"tm add",
       "write a unit",
       kAgent,
       {kSlice,
        {"--from", Takes::kOption, "source language, as en-US"},
        {"--to", Takes::kOption, "target language, as zh-CN"},
        {"SOURCE", Takes::kWord, "the source text"},
        {"TARGET", Takes::kWord, "its translation"},
        {"--status", Takes::kOption, "draft, translated, reviewed, final; else translated"}},
       run_records_set,
       "records.set",
       {},
       false,
       kUnit},
      {"tm edit",
       "change a unit",
       kAgent,
       {kId,
        {"TARGET", Takes::kWord, "the new translation"},
        {"--status", Takes::kOption, "its new status"}},
       run_records_set,
       "records.set",
       {},
       false,
       kUnit},
      {"tm delete", "delete a unit; its texts stay in history", kAgent, {kId}, run_remote,
       "records.delete", {}, false, kUnit},
      {"terms list", "terms of your slices", kAgent, {kSlice, kLimit, kFrom}, run_remote,
       "records.list", {kTerms}, false, kTerm},
      {"terms search", "terms that hold these words", kAgent, {kText, kLimit}, run_remote,
       "records.search", {kTerms}, false, kTerm},
      {"terms show", "one term, with its past", kAgent, {kId}, run_remote, "records.show",
       {kRevisions}, false, kTerm},
      {"terms delete", "delete a term", kAgent, {kId}, run_remote, "records.delete", {}, false,
       kTerm},
      {"threads list", "questions, challenges, replies and guidance of your projects", kAgent,
       {kSlice, kLimit, kFrom}, run_remote, "records.list", {kItems}, false, kItem},
      {"threads search", "those that hold these words", kAgent, {kText, kLimit}, run_remote,
       "records.search", {kItems}, false, kItem},
      {"threads show", "one of them", kAgent, {kId}, run_remote, "records.show", {}, false, kItem},
      {"import",
       "take units and terms of files into history: TMX, TBX, XLIFF, glossaries",
       kAgent,
       {{"FILE", Takes::kWords, "file to read; its content tells what it is"},
        {"--slice", Takes::kOption, "where to, as HL-GEAR/PRJ-1/en-US/zh-CN"},
        {"--from", Takes::kOption, "source language wanted; else what the slice's name ends in"},
        {"--to", Takes::kOption, "target language wanted"},
        {"--termbase", Takes::kOption, "name of the termbase, for terms"},
        {"--min-status", Takes::kOption, "of XLIFF segments: draft, translated, reviewed, final"}},
       run_import,
       "import"},
      {"export",
       "write units or terms of a slice into a file",
       kAgent,
       {{"FILE", Takes::kWord, "file to write"},
        {"--slice", Takes::kOption, "which, or a path above several"},
        {"--format", Takes::kOption, "tmx, tbx, tbx2 or tsv; else by the file's name"},
        {"--from", Takes::kOption, "source language, for tsv"},
        {"--to", Takes::kOption, "target language, for tsv"}},
       run_export,
       "records.list"},
      {"sync status",
       "how far this agent's history is from the server's",
       kAgent,
       {},
       run_remote,
       "sync.status",
       {},
       false,
       R"({"count": true})"},
      {"sync follow",
       "wait until all is fetched, sent and imported, with a bar on a terminal; then the status",
       kAgent,
       {},
       run_sync_follow,
       "sync.status",
       {},
       false,
       R"({"count": true})"},
      {"sync parked", "changes that the server refused, with its reasons", kAgent, {kLimit},
       run_remote, "sync.parked"},
      {"sync retry", "send one of them again", kAgent, {kNumber}, run_remote, "sync.retry"},
      {"sync drop", "give one up: what it changed becomes what the server has", kAgent, {kNumber},
       run_remote, "sync.drop"},
      {"slices list", "slices of history and who may use them", kBroker, {}, run_remote,
       "slices.list"},
      {"slices allow",
       "let somebody read or write a slice and all below it",
       kBroker,
       {{"PATH", Takes::kWord, "as HL-GEAR/PRJ-1", "path"},
        {"WHO", Takes::kWord, "user:NAME, role:NAME, group:NAME or code:CODE", "who"},
        {"ACCESS", Takes::kWord, "read, write or none", "access"}},
       run_remote,
       "slices.allow"},
  };
}

}  // namespace yizhan::cli
