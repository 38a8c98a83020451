#include "agent/project_place.h"

#include <nlohmann/json.hpp>

#include "exchange/omegat_project.h"

namespace yizhan::agent {

ProjectPlace place_of(const ProjectOptions& options) {
  ProjectPlace place;
  place.name = options.name;
  place.path = options.path;
  place.slice = options.slice;
  place.reads = options.reads;
  place.users = options.users;
  place.ask = options.questions_to;
  place.create = options.create;
  if (place.reads.empty() && !place.slice.empty()) {
    place.reads.push_back(client_of_slice(place.slice));
  }
  return place;
}

std::string client_of_slice(std::string_view slice) {
  return std::string(slice.substr(0, slice.find('/')));
}

LanguagePair languages_of_slice(std::string_view slice) {
  const std::size_t last = slice.rfind('/');
  if (last == std::string_view::npos || last == 0) return {};
  const std::size_t before = slice.rfind('/', last - 1);
  if (before == std::string_view::npos) return {};
  LanguagePair pair{exchange::omegat_language(slice.substr(before + 1, last - before - 1)),
                    exchange::omegat_language(slice.substr(last + 1))};
  return pair.source.empty() || pair.target.empty() ? LanguagePair() : pair;
}

std::string place_text(const ProjectPlace& place) {
  nlohmann::ordered_json json;
  json["name"] = place.name;
  json["path"] = place.path;
  json["slice"] = place.slice;
  json["reads"] = place.reads;
  json["users"] = place.users;
  json["ask"] = place.ask;
  json["task"] = place.task;
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<ProjectPlace> parse_place(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const Error damaged{Code::kCorrupt, "the note of a project's place is damaged"};
  if (!json.is_object()) return damaged;
  ProjectPlace place;
  for (const auto& [key, into] :
       {std::pair("name", &place.name), std::pair("path", &place.path),
        std::pair("slice", &place.slice), std::pair("users", &place.users),
        std::pair("ask", &place.ask), std::pair("task", &place.task)}) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) return damaged;
    *into = found->get<std::string>();
  }
  const auto reads = json.find("reads");
  if (reads == json.end() || !reads->is_array()) return damaged;
  for (const auto& one : *reads) {
    if (!one.is_string()) return damaged;
    place.reads.push_back(one.get<std::string>());
  }
  return place;
}

}  // namespace yizhan::agent
