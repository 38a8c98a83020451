#include "cli/audit.h"

#include <cstdint>
#include <utility>

namespace yizhan::cli {

Result<Json> follow_audit(const std::string& noted,
                          const std::function<Result<Json>(const Json&)>& ask) {
  Json question = Json::object();
  if (!noted.empty()) question["noted"] = noted;
  Json found = {{"whole", true}};
  while (true) {
    TRY_ASSIGN(Json page, ask(question));
    const std::int64_t before = question.value("after", std::int64_t{0});
    const std::int64_t rows = page.value("rows", std::int64_t{0});
    const bool more = page.contains("next");
    page.erase("next");
    found.update(page);
    if (page.contains("broken")) break;
    if (!more) break;
    if (rows <= before) return Error{Code::kCorrupt, "the broker's answers do not go on"};
    question["after"] = rows;
    question["head"] = page.value("head", "");
  }
  if (found.contains("broken")) {
    found["whole"] = false;
  } else if (!noted.empty() && !found.contains("noted")) {
    found["whole"] = false;
    found["why"] =
        "no row has the noted hash: the end of the log was removed, or all was written anew";
    if (found.contains("purged")) {
      found["why"] = found["why"].get<std::string>() +
                     "; or it is older than audit_retention and was removed with the rows up to " +
                     found["purged"].dump();
    }
  }
  return found;
}

}  // namespace yizhan::cli
