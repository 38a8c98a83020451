#pragma once
// Task files as people write them, for the simulator.

#include <string>

#include "config/ids.h"
#include "config/time.h"
#include "tests/sim/chance.h"

namespace yizhan::sim {

struct TaskText {
  std::string kind;
  MessageId id;
  std::string recipient;
  std::string sender;       ///< empty: left out
  std::string expires;      ///< empty: never
  std::string in_reply_to;  ///< empty: left out
  std::string category;     ///< of a question
  std::string files;        ///< the lines of a section [files]
  bool end = true;          ///< closed by [end]
};

/// A valid task file. What does not matter is drawn.
std::string task_text(Chance& chance, const TaskText& task, Micros now);

/// One that is ours to judge and wrong in some way.
std::string bad_task_text(Chance& chance, const TaskText& task, Micros now);

/// An .ini of another program.
std::string foreign_text(Chance& chance);

}  // namespace yizhan::sim
