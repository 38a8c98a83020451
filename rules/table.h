#pragma once
// A row of an instruction table, as structs. Made by rules/parse.h, asked by rules/match.h.
//
//   [data-state route-terminology-question]
//   order = 40
//   when.kind = question
//   unless.project.client = TEST-*
//   do.1 = send recipient=role:terminologist template=forward

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/time.h"
#include "rules/condition.h"
#include "rules/expand.h"
#include "rules/hours.h"

namespace yizhan::rules {

struct Watch;  // rules/watch.h

enum class Enabled {
  kNo,      ///< read and checked, never matched
  kYes,     ///< its commands are carried out
  kShadow,  ///< matched and recorded, nothing is carried out; never stops the rows after it
};

/// One `do.N`: what to do. The verb is one of rules/commands.h and its arguments have been checked.
struct Command {
  std::string verb;
  std::map<std::string, Template> arguments;
  int line = 0;
};

struct Row {
  std::string name;  ///< unique in its table
  std::string file;
  int line = 0;  ///< of the section in `file`
  int order = 100;
  Enabled enabled = Enabled::kYes;
  bool stop = false;              ///< no row after this one is asked, if this one matches
  std::vector<Condition> when;    ///< all must hold; of a preset: its `for.FIELD`
  std::vector<Condition> unless;  ///< none may hold
  std::vector<Command> commands;  ///< by N; of a preset: none, they are in `watch`
  std::optional<int> max_fires;   ///< on one message, over all its versions; empty: no bound but
                                  ///< once per version. Of a preset: watches begun
  Micros cooldown{0};             ///< shortest time between two firings on one message
  std::optional<Hours> hours;     ///< outside, the row fires but its commands wait until they open;
                                  ///< of a preset: in `watch`
  std::shared_ptr<const Watch> watch;  ///< of a preset, and only there; never changes
};

}  // namespace yizhan::rules
