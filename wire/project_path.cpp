#include "wire/project_path.h"

#include "wire/codec.h"

namespace yizhan::wire {
namespace {

/// A name as one part of a slice's path.
std::string path_part(std::string name) {
  for (char& c : name) {
    if (c == '/' || c == '*' || c == 0x7F || static_cast<unsigned char>(c) < 0x20) c = '_';
  }
  return name.empty() || name == "." || name == ".." ? "-" : name;
}

}  // namespace

std::string project_path(const Body& body) {
  const std::string project = entry_of(body, "project", "id");
  if (project.empty()) return {};
  return path_part(entry_of(body, "project", "client")) + "/" + path_part(project);
}

}  // namespace yizhan::wire
