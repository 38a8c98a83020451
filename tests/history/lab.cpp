#include "tests/history/lab.h"

#include <catch2/catch.hpp>
#include <set>
#include <sstream>
#include <utility>

#include "rules/files.h"
#include "store/server_store.h"
#include "wire/codec.h"
#include "wire/history.h"

namespace yizhan::history_lab {
namespace {

constexpr Instant kBeginning{std::chrono::seconds(1772438400)};  // 2026-03-02 08:00 UTC
constexpr int kMostRounds = 20000;
constexpr int kRoughRounds = 200;
constexpr const char* kDrop = "/home/drop";

template <class T>
T need(Result<T> result) {
  if (!result.ok()) FAIL(result.error().message);
  return std::move(result).value();
}
void need(const Status& status) {
  if (!status.ok()) FAIL(status.error().message);
}

PublicKey key_of(std::size_t number) {
  PublicKey key;
  key.data.fill(static_cast<unsigned char>(number + 1));
  return key;
}

/// Every row of every table, to be put into a new database.
std::string dump(store::Db& db) {
  Json all = Json::object();
  std::vector<std::string> tables;
  store::Statement* names = need(
      db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE"
                 " '%VIRTUAL%' AND name NOT LIKE 'search%' AND name NOT LIKE 'sqlite_%'"));
  for (bool row = need(names->step()); row; row = need(names->step())) {
    tables.emplace_back(names->column_text(0));
  }
  for (const std::string& table : tables) {
    std::vector<std::string> columns;
    store::Statement* info =
        need(db.prepare("SELECT name FROM pragma_table_info('" + table + "')"));
    for (bool row = need(info->step()); row; row = need(info->step())) {
      columns.emplace_back(info->column_text(0));
    }
    std::string list;
    for (const std::string& column : columns) {
      list += (list.empty() ? "" : ", ") + ("quote(\"" + column + "\")");
    }
    store::Statement* rows = need(db.prepare("SELECT " + list + " FROM \"" + table + "\""));
    Json lines = Json::array();
    for (bool row = need(rows->step()); row; row = need(rows->step())) {
      std::string values;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        values += (i == 0 ? "" : ", ") + std::string(rows->column_text(static_cast<int>(i)));
      }
      lines.push_back(values);
    }
    all[table] = std::move(lines);
  }
  const bool client = all.contains("push");
  store::Statement* last =
      need(db.prepare(client ? "SELECT seq FROM sqlite_sequence WHERE name = 'push'"
                             : "SELECT 1 WHERE 0"));
  if (need(last->step())) all["sqlite_sequence"] = {"'push', " + std::string(last->column_text(0))};
  return all.dump();
}

void restore(store::Db& db, const std::string& dumped) {
  const Json all = Json::parse(dumped);
  need(db.begin());
  for (const auto& [table, lines] : all.items()) {
    need(db.execute("DELETE FROM \"" + table + "\""));
    for (const Json& line : lines) {
      need(db.execute("INSERT INTO \"" + table + "\" VALUES (" + line.get<std::string>() + ")"));
    }
  }
  need(db.commit());
}

}  // namespace

Lab::Lab(std::vector<Person> people, std::uint64_t seed, const std::string& rules)
    : chance(seed), rules_(rules), agents_(people.size()) {
  now_ = {kBeginning, Steady{std::chrono::hours(5)}};
  admin_.data[0] = 0xad;
  broker_options_.state_dir = "/broker";
  broker_.database = need(store::open_sqlite(":memory:"));
  {
    store::ServerStore store = need(store::ServerStore::open(*broker_.database));
    store::Transaction transaction = need(store::Transaction::open(*broker_.database));
    for (std::size_t i = 0; i < people.size(); ++i) {
      store::Client client;
      client.key = key_of(i);
      client.code = unique_code(client.key);
      client.state = store::ClientState::kAccepted;
      client.user = people[i].user;
      client.roles.insert(people[i].roles.begin(), people[i].roles.end());
      client.groups.insert(people[i].groups.begin(), people[i].groups.end());
      need(store.save_client(client));
    }
    need(store.flush());
    need(transaction.commit());
  }
  start_broker();
  for (std::size_t i = 0; i < people.size(); ++i) {
    Agent& agent = agents_[i];
    agent.options.state_dir = "/state";
    agent.options.user = people[i].user;
    WatchOptions watch;
    watch.name = "drop";
    watch.path = kDrop;
    agent.options.watches.push_back(watch);
    if (people[i].has_project) {
      ProjectOptions project;
      project.name = "gear";
      project.path = kProject;
      project.slice = kSlice;
      project.create = true;
      agent.options.projects.push_back(project);
    }
    if (people[i].runs_commands) {
      HandlerOptions handler;
      handler.name = "commands";
      handler.when = {{"kind", "command"}};
      handler.run = {"/bin/true"};
      agent.options.handlers.push_back(handler);
    }
    agent.machine.host = "host" + std::to_string(i);
    agent.machine.mac = {"02:00:00:00:00:0" + std::to_string(i)};
    agent.machine.key = key_of(i);
    agent.database = need(store::open_sqlite(":memory:"));
    need(agent.disk.make_folder("/state/spool", true));
    need(agent.disk.make_folder("/state/import", true));
    need(agent.disk.make_folder(kDrop, true));
    start_agent(i);
  }
  all_online(true);
  settle();
}

void Lab::start_broker() {
  broker_.core.reset();
  broker_.db = std::make_unique<store::FaultyDb>(*broker_.database);
  std::vector<rules::RuleFile> files;
  if (!rules_.empty()) files.push_back({"rules.ini", rules_});
  broker_.core = need(broker::Core::open(broker_options_, admin_, broker::LinkKey{}, *broker_.db,
                                         broker_.disk, files, clock(broker_.skew)));
  broker_inputs_.clear();
  ++broker_.starts;
}

void Lab::start_agent(std::size_t number) {
  Agent& agent = agents_[number];
  agent.core.reset();
  agent.db = std::make_unique<store::FaultyDb>(*agent.database);
  agent.core = need(agent::Core::open(agent.options, agent.machine, *agent.db, agent.disk,
                                      chance.next(), clock(agent.skew)));
  agent.inputs.clear();
  agent.linked = false;
  ++agent.starts;
}

void Lab::crash_agent(std::size_t agent) { start_agent(agent); }
void Lab::crash_broker() { start_broker(); }

void Lab::online(std::size_t number, bool on) {
  Agent& agent = agents_[number];
  if (agent.online == on) return;
  agent.online = on;
  if (on) return;
  agent.linked = false;
  agent.inputs.emplace_back(agent::LinkDown{"cut", false, false});
}

void Lab::all_online(bool on) {
  for (std::size_t i = 0; i < agents_.size(); ++i) online(i, on);
}

template <class HostType>
void Lab::arm(HostType& host) {
  if (crash_percent == 0 || !chance.percent(crash_percent)) return;
  switch (chance.below(3)) {
    case 0:
      host.db->arm({.fault = store::Fault::kCrashStatement,
                    .at = static_cast<std::int64_t>(1 + chance.below(30))});
      break;
    case 1:
      host.db->arm({.fault = store::Fault::kCrashBeforeCommit, .at = 1});
      break;
    default:
      host.db->arm({.fault = store::Fault::kCrashAfterCommit, .at = 1});
  }
}

void Lab::step_broker() {
  std::vector<broker::Output> outputs;
  arm(broker_);
  try {
    const auto inputs = std::exchange(broker_inputs_, {});
    outputs = need(broker_.core->step(inputs, clock(broker_.skew)));
    broker_.db->disarm();
  } catch (const store::CrashPoint&) {
    start_broker();
    return;
  }
  for (broker::Output& output : outputs) {
    if (const auto* line = std::get_if<LogLine>(&output)) {
      if (line->level != LogLine::kInfo) log.push_back(line->text);
    }
    const auto* frame = std::get_if<broker::FrameOut>(&output);
    if (frame == nullptr) continue;
    if (frame->peer == "admin") {
      const auto decoded = need(wire::decode_from_broker(frame->bytes));
      Json json =
          decoded.reply().json().empty() ? Json(nullptr) : Json::parse(decoded.reply().json());
      if (!decoded.reply().code().empty()) json = {{"error", decoded.reply().error()}};
      admin_replies_[decoded.reply().ref()] = std::move(json);
      continue;
    }
    for (Agent& agent : agents_) {
      if (agent.peer != frame->peer || !agent.online || !agent.linked) continue;
      ++agent.received[need(wire::decode_from_broker(frame->bytes)).body_case()];
      if (lose_percent > 0 && chance.percent(lose_percent)) continue;
      agent.inputs.emplace_back(agent::FrameFromBroker{frame->bytes});
    }
  }
}

void Lab::step_agent(std::size_t number) {
  Agent& agent = agents_[number];
  std::vector<agent::Output> outputs;
  arm(agent);
  try {
    const auto inputs = std::exchange(agent.inputs, {});
    outputs = need(agent.core->step(inputs, clock(agent.skew)));
    agent.core->tidy();
    agent.db->disarm();
  } catch (const store::CrashPoint&) {
    start_agent(number);
    return;
  }
  for (agent::Output& output : outputs) {
    if (const auto* frame = std::get_if<agent::FrameToBroker>(&output)) {
      if (!agent.online || !agent.linked) continue;
      if (lose_percent > 0 && chance.percent(lose_percent)) continue;
      broker_inputs_.emplace_back(
          broker::FrameIn{agent.peer, agent.machine.key, "127.0.0.1", frame->bytes});
    } else if (const auto* reply = std::get_if<agent::ControlReply>(&output)) {
      wire::Reply decoded;
      REQUIRE(decoded.ParseFromString(reply->bytes));
      Json json = decoded.json().empty() ? Json(nullptr) : Json::parse(decoded.json());
      if (!decoded.code().empty()) json = {{"error", decoded.error()}, {"code", decoded.code()}};
      agent.replies[decoded.ref()] = std::move(json);
    } else if (const auto* start = std::get_if<agent::StartHandler>(&output)) {
      ++agent.started;
      Exit exit;
      exit.run = start->run;
      agent.inputs.emplace_back(agent::HandlerExited{exit});
    } else if (std::holds_alternative<agent::Reconnect>(output)) {
      agent.linked = false;
    } else if (const auto* line = std::get_if<LogLine>(&output)) {
      if (line->level != LogLine::kInfo) log.push_back(line->text);
    }
  }
}

/// Everybody has a turn; false if nobody had anything to say.
bool Lab::round(bool rough) {
  bool busy = !broker_inputs_.empty();
  for (std::size_t i = 0; i < agents_.size(); ++i) {
    Agent& agent = agents_[i];
    if (agent.online && !agent.linked) {
      agent.linked = true;
      agent.peer = "peer" + std::to_string(++connections_);
      agent.inputs.emplace_back(agent::LinkUp{});
    }
    busy = busy || !agent.inputs.empty() || agent.core->has_more();
    step_agent(i);
  }
  step_broker();
  // What was lost is said again after a while: let it pass in leaps.
  advance(busy    ? Micros{1000}
          : rough ? Micros{std::chrono::seconds(3)}
                  : Micros{std::chrono::milliseconds(50)});
  return busy;
}

void Lab::rounds(int count) {
  for (int i = 0; i < count; ++i) round(false);
}

void Lab::settle() {
  const bool rough = lose_percent > 0 || crash_percent > 0;
  int quiet = 0;
  int idle = 0;  // rounds in which nobody said anything; heartbeats go on for ever
  for (int count = 0; rough ? idle < kRoughRounds : quiet < 40; ++count) {
    if (count > kMostRounds) FAIL("the lab does not come to rest");
    const bool busy = round(rough);
    quiet = busy ? 0 : quiet + 1;
    if (!busy) ++idle;
  }
}

Json Lab::ask(std::size_t number, const std::string& verb, const Json& args) {
  const std::uint64_t ref = ++last_ref_;
  wire::Request request;
  request.set_ref(ref);
  request.set_verb(verb);
  request.set_json(args.dump());
  const int crashes = std::exchange(crash_percent, 0);
  agents_[number].inputs.emplace_back(agent::ControlRequest{"test", request.SerializeAsString()});
  step_agent(number);
  crash_percent = crashes;
  REQUIRE(agents_[number].replies.contains(ref));
  return agents_[number].replies[ref];
}

void Lab::spool(std::size_t agent, const std::string& name,
                const std::vector<wire::SyncPush>& chunks) {
  std::string bytes;
  for (const wire::SyncPush& chunk : chunks) {
    const std::string one = chunk.SerializeAsString();
    for (int shift = 0; shift < 32; shift += 8) {
      bytes += static_cast<char>((one.size() >> shift) & 0xff);
    }
    bytes += one;
  }
  need(agents_[agent].disk.write("/state/import/" + name, bytes, false));
}

Json Lab::operate(const std::string& verb, const Json& args) {
  const std::uint64_t ref = ++last_ref_;
  wire::FromAgent frame;
  frame.mutable_request()->set_ref(ref);
  frame.mutable_request()->set_verb(verb);
  frame.mutable_request()->set_json(args.dump());
  const int crashes = std::exchange(crash_percent, 0);
  broker_inputs_.emplace_back(broker::FrameIn{"admin", admin_, "127.0.0.1", wire::encode(frame)});
  step_broker();
  crash_percent = crashes;
  REQUIRE(admin_replies_.contains(ref));
  return admin_replies_[ref];
}

std::string Lab::unit(std::size_t agent, const std::string& source, const std::string& target,
                      const Json& more) {
  Json fields = {{"src_lang", "en-US"}, {"tgt_lang", "zh-CN"}, {"source", source},
                 {"target", target}, {"status", "translated"}};
  fields.update(more);
  const Json answer =
      ask(agent, "records.set", {{"kind", "unit"}, {"slice", kSlice}, {"fields", fields}});
  INFO(answer.dump());
  REQUIRE(answer.contains("id"));
  return answer["id"];
}

void Lab::edit(std::size_t agent, const std::string& id, const Json& fields,
               const std::string& kind) {
  const Json answer = ask(agent, "records.set", {{"kind", kind}, {"id", id}, {"fields", fields}});
  INFO(answer.dump());
  REQUIRE(answer.contains("id"));
}

void Lab::remove(std::size_t agent, const std::string& id, const std::string& kind) {
  const Json answer = ask(agent, "records.delete", {{"kind", kind}, {"id", id}});
  INFO(answer.dump());
  REQUIRE(answer.contains("id"));
}

Json Lab::record(std::size_t agent, const std::string& id, const std::string& kind) {
  Json answer = ask(agent, "records.show", {{"kind", kind}, {"id", id}});
  return answer.contains("error") ? Json(nullptr) : answer;
}

std::string Lab::target(std::size_t agent, const std::string& id) {
  const Json found = record(agent, id);
  if (found.is_null()) return "(none)";
  if (found["deleted"].get<bool>()) return "(deleted)";
  return found["fields"].value("target", "");
}

std::string Lab::send(std::size_t number, const std::string& body, const std::string& created) {
  Agent& agent = agents_[number];
  const std::string id = format_uuid(chance.id());
  const std::string path = std::string(kDrop) + "/" + id + ".ini";
  INFO(body);
  need(agent.disk.write(path, "[yizhan]\nversion = 1\nid = " + id +
                                  "\ncreated = " + created + "\n" + body + "[end]\n", true));
  agent.inputs.emplace_back(agent::FolderHint{"drop", id + ".ini"});
  step_agent(number);
  return id;
}

void Lab::save_project(std::size_t number, const std::string& units) {
  Agent& agent = agents_[number];
  need(agent.disk.write(
      std::string(kProject) + "/omegat/project_save.tmx",
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tmx version=\"1.1\">\n"
      "<header creationtool=\"OmegaT\" o-tmf=\"OmegaT TMX\" adminlang=\"EN-US\""
      " datatype=\"plaintext\" segtype=\"sentence\" srclang=\"en-US\"/>\n<body>\n" +
          units + "</body></tmx>\n",
      true));
  agent.inputs.emplace_back(agent::FolderHint{"project:gear/omegat", "project_save.tmx"});
}

std::string Lab::project_file(std::size_t agent, const std::string& name) {
  const auto text = agents_[agent].disk.read(std::string(kProject) + "/" + name, 1'000'000);
  return text.ok() ? *text : "";
}

void Lab::reply(std::size_t agent, const std::string& kind, const Json& fields) {
  const Json tasks = ask(agent, "tasks.list", {{"limit", 500}});
  for (const Json& task : tasks["tasks"]) {
    if (task["direction"] != "in" || task["kind"] != kind) continue;
    std::string body = "kind = reply\nrecipient = role:broker\nin_reply_to = " +
                       task["id"].get<std::string>() + "\n[reply]\n";
    for (const auto& [key, text] : fields.items())
      body += key + " = " + text.get<std::string>() + "\n";
    send(agent, body);
    return;
  }
  FAIL("nothing of kind " + kind + " to reply to");
}

std::vector<std::string> Lab::inbox(std::size_t agent, const std::string& kind) {
  std::vector<std::string> texts;
  const Json tasks = ask(agent, "tasks.list", {{"limit", 500}});
  for (const Json& task : tasks["tasks"]) {
    if (task["direction"] != "in" || task["kind"] != kind) continue;
    texts.push_back(ask(agent, "tasks.show", {{"id", task["id"]}})["text"].get<std::string>());
  }
  return texts;
}

std::string Lab::contents_of(store::Db& db) {
  std::string all;
  for (int kind = 1; kind <= wire::kRecordKinds; ++kind) {
    const std::string table = wire::record_kind_name(static_cast<wire::RecordKind>(kind));
    std::string columns = "hex(r.id), s.name, r.rev, r.seq, r.deleted, r.role_rank";
    for (const wire::Field& field : wire::fields_of(static_cast<wire::RecordKind>(kind))) {
      columns += std::string(", r.") + field.name;
    }
    store::Statement* rows = need(db.prepare("SELECT " + columns + " FROM " + table +
                                             " r JOIN slice s ON s.n = r.slice ORDER BY r.id"));
    for (bool row = need(rows->step()); row; row = need(rows->step())) {
      all += table;
      const auto width = 6 + wire::fields_of(static_cast<wire::RecordKind>(kind)).size();
      for (std::size_t i = 0; i < width; ++i) {
        all += "|" + std::string(rows->column_text(static_cast<int>(i)));
      }
      all += "\n";
    }
  }
  store::Statement* rows = need(
      db.prepare("SELECT hex(record), rev, seq, outcome, user, code, deleted, hex(content)"
                 " FROM revision ORDER BY record, rev, seq, outcome, content"));
  for (bool row = need(rows->step()); row; row = need(rows->step())) {
    all += "revision";
    for (int i = 0; i < 8; ++i) all += "|" + std::string(rows->column_text(i));
    all += "\n";
  }
  return all;
}

std::string Lab::difference(const std::string& a, const std::string& b) {
  const auto lines = [](const std::string& text) {
    std::multiset<std::string> all;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) all.insert(line);
    return all;
  };
  const auto left = lines(a);
  const auto right = lines(b);
  std::string out;
  for (const std::string& line : left) {
    if (left.count(line) != right.count(line)) out += "< " + line + "\n";
  }
  for (const std::string& line : right) {
    if (left.count(line) != right.count(line)) out += "> " + line + "\n";
  }
  return out;
}

std::string Lab::contents(std::size_t agent) { return contents_of(*agents_[agent].database); }
std::string Lab::server_contents() { return contents_of(*broker_.database); }

std::string Lab::copy_agent(std::size_t agent) { return dump(*agents_[agent].database); }
std::string Lab::copy_broker() { return dump(*broker_.database); }

void Lab::put_back_agent(std::size_t number, const std::string& copy) {
  Agent& agent = agents_[number];
  agent.core.reset();
  agent.db.reset();
  agent.database = need(store::open_sqlite(":memory:"));
  start_agent(number);  // makes the tables
  agent.core.reset();
  if (!copy.empty()) restore(*agent.database, copy);
  start_agent(number);
}

void Lab::put_back_broker(const std::string& copy) {
  broker_.core.reset();
  broker_.db.reset();
  restore(*broker_.database, copy);
  start_broker();
}

}  // namespace yizhan::history_lab
