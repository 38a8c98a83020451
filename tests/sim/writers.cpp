#include "tests/sim/writers.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "store/rows.h"
#include "wire/session.pb.h"

namespace yizhan::sim {

namespace {

constexpr const char* kAsker = "writer";
constexpr std::uint64_t kSources = 4;  // few, so that people write the same

std::string slice_of(const std::string& project) {
  return "C/" + project + "/en-US/zh-CN";
}

std::vector<std::string> slices_of(store::Db& db) {
  std::vector<std::string> names;
  store::Rows rows(need(db.prepare("SELECT name FROM slice ORDER BY name")));
  for (bool row = need(rows.first()); row; row = need(rows.next())) {
    names.emplace_back(rows->column_text(0));
  }
  return names;
}

/// The first line that only one of the two has, with "<" or ">" before it.
std::string first_difference(const std::string& left, const std::string& right) {
  const auto lacks = [](const std::string& from, const std::string& to) {
    std::istringstream lines(from);
    for (std::string line; std::getline(lines, line);) {
      if (to.find(line) == std::string::npos) return line;
    }
    return std::string();
  };
  const std::string ours = lacks(left, right);
  const std::string theirs = lacks(right, left);
  return (ours.empty() ? "" : "< " + ours + " ") + (theirs.empty() ? "" : "> " + theirs);
}

/// How far an agent has come with a slice.
std::string followed(store::Db& db, const std::string& slice) {
  store::Rows rows(
      need(db.prepare("SELECT head, after_seq, access_level FROM slice WHERE name = ?")));
  if (!need(rows.first(slice))) return "; it does not follow it";
  return "; head " + std::to_string(rows->column_int(0)) + ", cursor " +
         std::to_string(rows->column_int(1)) + ", access " + std::to_string(rows->column_int(2));
}

}  // namespace

void Writers::plan(int edits, Micros until) {
  for (int i = 0; i < edits; ++i) {
    timeline_.at(chance_.between(timeline_.now(), until), [this] { write(); });
  }
}

void Writers::write() {
  const std::size_t agent = chance_.index(people_.size());
  if (people_[agent].groups.empty()) return;
  const std::vector<std::string> projects(people_[agent].groups.begin(),
                                          people_[agent].groups.end());
  const std::string text = "text " + std::to_string(++texts_) + ".";
  wire::Request request;
  request.set_ref(texts_);
  request.set_verb("records.set");
  const nlohmann::json fields = {{"src_lang", "en-US"},
                                 {"tgt_lang", "zh-CN"},
                                 {"source", "source " + std::to_string(chance_.below(kSources))},
                                 {"target", text},
                                 {"status", "translated"}};
  const nlohmann::json arguments = {
      {"kind", "unit"}, {"slice", slice_of(chance_.pick(projects))}, {"fields", fields}};
  request.set_json(arguments.dump());
  asked_[texts_] = text;
  ask_(agent, agent::ControlRequest{kAsker, request.SerializeAsString()});
}

void Writers::on_reply(const agent::ControlReply& reply) {
  if (reply.asker != kAsker) return;
  wire::Reply decoded;
  if (!decoded.ParseFromString(reply.bytes)) broken("an answer to a writer cannot be read");
  if (!decoded.code().empty()) broken("a writer was refused: " + decoded.error());
  promised_.insert(asked_.at(decoded.ref()));
}

bool Writers::may_read(std::size_t agent, const std::string& slice) {
  const Person& person = people_[agent];
  if (slice.starts_with("user:")) return slice == "user:" + person.user + "/threads";
  const std::size_t first = slice.find('/');
  const std::string rest = slice.substr(first + 1);
  if (person.groups.contains(rest.substr(0, rest.find('/')))) return true;
  // A manager's task brings the right to its project along.
  store::Rows rows(
      need(broker_.database->prepare("SELECT path FROM slice_right WHERE who = ? AND access > 0")));
  for (bool row = need(rows.first("user:" + person.user)); row; row = need(rows.next())) {
    if (slice.starts_with(std::string(rows->column_text(0)) + "/")) return true;
  }
  return false;
}

std::string Writers::rows_of(store::Db& db, const std::string& slice) {
  std::string all;
  for (const char* sql :
       {"SELECT hex(id), r.rev, r.seq, r.deleted, r.target FROM unit r JOIN slice s ON"
        " s.n = r.slice WHERE s.name = ? ORDER BY r.id",
        "SELECT hex(id), r.rev, r.seq, r.thread, r.item_text FROM item r JOIN slice s ON"
        " s.n = r.slice WHERE s.name = ? ORDER BY r.id",
        "SELECT hex(record), r.rev, r.seq, r.outcome, hex(r.content) FROM revision r JOIN slice s"
        " ON s.n = r.slice WHERE s.name = ? ORDER BY r.record, r.rev, r.seq, r.outcome,"
        " r.content"}) {
    store::Rows rows(need(db.prepare(sql)));
    for (bool row = need(rows.first(slice)); row; row = need(rows.next())) {
      for (int i = 0; i < 5; ++i) all += std::string(rows->column_text(i)) + "|";
      all += "\n";
    }
  }
  return all;
}

std::string Writers::unsettled() {
  for (const auto& agent : agents_) {
    store::Rows rows(need(agent->database->prepare("SELECT COUNT(*) FROM push")));
    if (need(rows.first()) && rows->column_int(0) > 0) {
      return agent->name + " has changes of history to push, or parked ones";
    }
  }
  for (const std::string& slice : slices_of(*broker_.database)) {
    const std::string expected = rows_of(*broker_.database, slice);
    for (std::size_t i = 0; i < agents_.size(); ++i) {
      const std::string found = rows_of(*agents_[i]->database, slice);
      if (!may_read(i, slice)) {
        if (!found.empty())
          broken(agents_[i]->name + " has rows of " + slice + ", which is not his");
      } else if (found != expected) {
        return agents_[i]->name + " has other rows of " + slice +
               " than the broker: " + first_difference(found, expected) +
               followed(*agents_[i]->database, slice);
      }
    }
  }
  return "";
}

void Writers::at_the_end() {
  if (const std::string lacks = unsettled(); !lacks.empty()) broken(lacks);
  std::set<std::string> kept;
  std::string past;
  {
    store::Rows rows(need(broker_.database->prepare("SELECT target FROM unit")));
    for (bool row = need(rows.first()); row; row = need(rows.next())) {
      kept.emplace(rows->column_text(0));
    }
  }
  {
    store::Rows rows(need(broker_.database->prepare("SELECT content FROM revision")));
    for (bool row = need(rows.first()); row; row = need(rows.next())) {
      past += rows->column_blob(0);
      past += '\n';
    }
  }
  for (const std::string& text : promised_) {
    if (!kept.contains(text) && past.find(text) == std::string::npos) {
      broken("somebody wrote \"" + text + "\", his agent has answered for it, and it is lost");
    }
  }
}

}  // namespace yizhan::sim
