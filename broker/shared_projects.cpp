// Who may see a project by a task that he was given.

#include <algorithm>
#include <set>
#include <utility>

#include "broker/collaboration.h"
#include "broker/own_message.h"
#include "broker/terms.h"
#include "wire/codec.h"
#include "wire/project_path.h"

namespace yizhan::broker {

/// Only what the giver of the task could have shown them himself: he may write the project.
Result<std::string> Terms::share_project(Step& step, const Subject& subject,
                                         const std::vector<store::ClientId>& with,
                                         store::Access access) {
  wire::Body body;
  if (!body.ParseFromString(*subject.body) || wire::entry_of(body, "project", "client").empty() ||
      wire::entry_of(body, "project", "id").empty()) {
    return Error{Code::kInvalid, "the task does not name [project] client and id: whose memory?"};
  }
  const std::string path = wire::project_path(body);
  const std::string any = path + "/threads";
  if (subject.sender == 0) return Error{Code::kInvalid, "it is nobody's task"};
  TRY_ASSIGN(const store::Client* giver, directory_.client(subject.sender));
  if (history_.slices().access(*giver, any) != store::Access::kWrite) {
    return Error{Code::kInvalid, giver->user + " may not write " + path +
                                     " himself, so his tasks give no right to it"};
  }
  std::set<std::string> given;
  for (const store::ClientId id : with) {
    TRY_ASSIGN(const auto delivery, store_.delivery(subject.seq, id));
    TRY_ASSIGN(const store::Client* client, directory_.client(id));
    // Nobody gets a right by a task that he has not got.
    if (!delivery || history_.slices().access(*client, any) >= access) continue;
    const std::string who =
        client->user.empty() ? "code:" + client->code : "user:" + client->user;
    TRY(history_.slices().allow({path, who, access}));
    step.log(LogLine::kInfo,
             who + " may now " + store::access_name(access) + " " + path + ", by a task");
    given.insert(who);
  }
  if (given.empty()) return "share_project: " + path + " is theirs already";
  TRY(history_.on_rights(step, [&](const store::Client& client) {
    return std::any_of(given.begin(), given.end(),
                       [&](const std::string& who) { return Slices::means(who, client); });
  }));
  std::string said = "share_project: " + std::string(store::access_name(access)) + " " + path;
  for (const std::string& who : given) said += " " + who;
  return said;
}

}  // namespace yizhan::broker
