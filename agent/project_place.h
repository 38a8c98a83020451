#pragma once
// A project that the agent follows, as the configuration or a received task says it. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "config/options.h"
#include "config/result.h"

namespace yizhan::agent {

struct ProjectPlace {
  std::string name;  ///< of its state folder and its watches
  std::string path;
  std::string slice;  ///< where what is done in it goes; empty: nothing is exchanged with it
  std::vector<std::string> reads;  ///< paths of slices whose data it gets
  std::string users;               ///< OmegaT's names of people: "root = li.wei, wf = wang.fang"
  std::string ask;                 ///< recipient of questions
  std::string task;                ///< UUID of the task that it was made for, or empty
  bool create = false;             ///< make the project if there is none

  bool operator==(const ProjectPlace&) const = default;
};

/// Without `reads`, a project gets all that the agent may read of the same client.
ProjectPlace place_of(const ProjectOptions& options);

/// The languages that the slice ends in, "…/en-US/zh-CN"; empty if it does not.
struct LanguagePair {
  std::string source, target;
};
LanguagePair languages_of_slice(std::string_view slice);
/// "HL-GEAR" of "HL-GEAR/PRJ-1/en-US/zh-CN".
std::string client_of_slice(std::string_view slice);

/// As a file, for projects that tasks have made.
std::string place_text(const ProjectPlace& place);
Result<ProjectPlace> parse_place(std::string_view text);

}  // namespace yizhan::agent
