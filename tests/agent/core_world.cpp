#include "tests/agent/core_world.h"

#include <catch2/catch.hpp>
#include <utility>

#include "agent/task_file.h"
#include "wire/codec.h"

namespace yizhan::agent {

namespace {

template <class T>
T must(Result<T> result) {
  if (!result.ok()) FAIL(result.error().message);
  return std::move(result).value();
}
void must(const Status& status) {
  if (!status.ok()) FAIL(status.error().message);
}

const char* name_of(const wire::FromAgent& frame) {
  switch (frame.body_case()) {
    case wire::FromAgent::kHello:
      return "hello";
    case wire::FromAgent::kPing:
      return "ping";
    case wire::FromAgent::kPush:
      return "push";
    case wire::FromAgent::kDeliverResult:
      return "result";
    case wire::FromAgent::kBlobOffer:
      return "offer";
    case wire::FromAgent::kBlobChunk:
      return "chunk";
    case wire::FromAgent::kBlobGet:
      return "get";
    case wire::FromAgent::kRequest:
      return "request";
    case wire::FromAgent::kBye:
      return "bye";
    default:
      return "nothing";
  }
}

}  // namespace

Status WatchedDb::commit() {
  const Death now = std::exchange(death, Death::kNone);
  if (now == Death::kBeforeCommit) {
    inner_->rollback();
    return Error{Code::kIo, "the process ended before the commit"};
  }
  TRY(inner_->commit());
  ++commits;
  if (now == Death::kAfterCommit) return Error{Code::kIo, "the process ended after the commit"};
  return {};
}

std::string id_text(int number) {
  const std::string digits = std::to_string(number);
  return "00000000-0000-7000-8000-" + std::string(12 - digits.size(), '0') + digits;
}

MessageId id(int number) {
  return *parse_uuid(id_text(number));
}

std::string task_text(const std::string& id, const std::string& envelope, const std::string& rest,
                      const std::string& end) {
  return "[yizhan]\nversion = 1\nkind = task\nid = " + id +
         "\ncreated = 2026-03-04T09:12:00+08:00\nrecipient = user:li.wei\n" + envelope +
         "[project]\nid = P-1\n[job]\nid = J1\ntype = translate\nsource_lang = en-US\n"
         "target_lang = zh-CN\ndue = 2026-03-06T18:00:00+08:00\n" +
         rest + end;
}

wire::Message message_from(const std::string& sender, const std::string& text) {
  wire::Message message = must(parse_task_file(text, "delivered.ini")).message;
  message.set_sender(sender);
  return message;
}

AgentWorld::AgentWorld() : db(must(store::open_sqlite(":memory:"))) {
  options.state_dir = kState;
  options.user = "zhang.min";
  options.heartbeat_interval = 10s;
  options.watches.push_back({"drop", kInbox, true, 2s});
  machine.host = "desk";
  machine.key.data.fill(7);
  machine.account = "zhang";
  machine.home = "/home/zhang";
  machine.time_zone = "Asia/Shanghai";
  now.wall = *parse_time("2026-03-04T09:00:00Z");
  now.steady = Steady{} + 1000s;
}

void AgentWorld::start() {
  disk.set_clock(now.wall);
  core.reset();
  core = must(Core::open(options, machine, db, disk, 42, now));
  step();
}

void AgentWorld::take(std::vector<Output> outputs) {
  for (Output& output : outputs) {
    if (auto* frame = std::get_if<FrameToBroker>(&output)) {
      sent.push_back(must(wire::decode_from_agent(frame->bytes)));
    } else if (auto* reconnect = std::get_if<Reconnect>(&output)) {
      reconnects.push_back(*reconnect);
    } else if (auto* start = std::get_if<StartHandler>(&output)) {
      started.push_back(*start);
    } else if (auto* reply = std::get_if<ControlReply>(&output)) {
      REQUIRE(replies.emplace_back().ParseFromString(reply->bytes));
    } else if (const auto* watch = std::get_if<WatchFolder>(&output)) {
      watched += watch->name + " ";
    } else {
      log += std::get<LogLine>(output).text + "\n";
    }
  }
}

void AgentWorld::step(const std::vector<Input>& inputs) {
  disk.set_clock(now.wall);
  take(must(core->step(inputs, now)));
  core->tidy();
  ++steps;
  for (int i = 0; core->has_more(); ++i) {
    REQUIRE(i < 10'000);
    take(must(core->step({}, now)));
    core->tidy();
    ++steps;
  }
}

bool AgentWorld::step_fails(const std::vector<Input>& inputs) {
  return !core->step(inputs, now).ok();
}

void AgentWorld::pass(Micros time) {
  const Steady end = now.steady + time;
  for (int wakes = 0; now.steady < end; ++wakes) {
    REQUIRE(wakes < 100'000);
    const Steady next = core->next_wakeup();
    REQUIRE(next > now.steady);  // otherwise it would be a hot loop
    const Steady to = std::min(next, end);
    now.wall += to - now.steady;
    now.steady = to;
    step();
  }
}

void AgentWorld::clear() {
  sent.clear();
  reconnects.clear();
  started.clear();
  replies.clear();
  log.clear();
  steps = 0;
}

std::string AgentWorld::said() const {
  std::string all;
  for (const auto& frame : sent) all += (all.empty() ? "" : " ") + std::string(name_of(frame));
  return all;
}

std::vector<wire::Message> AgentWorld::pushed() const {
  std::vector<wire::Message> all;
  for (const auto& frame : sent) {
    for (const auto& message : frame.push().messages()) all.push_back(message);
  }
  return all;
}

std::string AgentWorld::delivery_answers() const {
  std::string all;
  for (const auto& frame : sent) {
    for (const auto& one : frame.deliver_result().results()) {
      all += (all.empty() ? "" : " ") + std::to_string(one.seq()) + ":" +
             (one.outcome() == wire::DeliverResult::One::DELIVERED ? "DELIVERED"
              : one.outcome() == wire::DeliverResult::One::HELD    ? "HELD"
                                                                   : "REFUSED");
    }
  }
  return all;
}

void AgentWorld::frame(const wire::FromBroker& frame) {
  step({FrameFromBroker{wire::encode(frame)}});
}

void AgentWorld::connect() {
  wire::FromBroker welcome;
  welcome.mutable_welcome()->set_version(1);
  welcome.mutable_welcome()->set_broker_id("broker-1");
  welcome.mutable_welcome()->set_wall_us(to_micros(now.wall));
  step({LinkUp{}});
  frame(welcome);
}

void AgentWorld::answer_pushes(wire::PushResult::One::Outcome outcome, const std::string& reason,
                               std::uint32_t recipients) {
  wire::FromBroker answer;
  for (const wire::Message& message : pushed()) {
    auto* one = answer.mutable_push_result()->add_results();
    one->set_id(message.id());
    one->set_outcome(outcome);
    one->set_reason(reason);
    one->set_recipients(recipients);
  }
  clear();
  frame(answer);
}

void AgentWorld::deliver(std::uint64_t seq, const wire::Message& message) {
  wire::FromBroker delivery;
  auto* one = delivery.mutable_deliver()->add_deliveries();
  one->set_seq(seq);
  *one->mutable_message() = message;
  frame(delivery);
}

void AgentWorld::report(const std::string& sender, const std::string& word, int about) {
  static int reports = 0;
  const bool receipt =
      word == "delivered" || word == "opened" || word == "accepted" || word == "declined";
  std::string text =
      "[yizhan]\nversion = 1\nkind = " + std::string(receipt ? "receipt" : "status") +
      "\nid = " + id_text(900'000 + ++reports) +
      "\ncreated = 2026-03-04T09:12:00Z\nrecipient = user:zhang.min\nin_reply_to = " +
      id_text(about) + "\n";
  text += receipt ? "[receipt]\nof = " + id_text(about) + "\nevent = " + word + "\n"
                  : "[status]\nstate = " + word + "\n";
  deliver(5000 + static_cast<std::uint64_t>(reports), message_from(sender, text + "[end]\n"));
}

void AgentWorld::put(const std::string& path, const std::string& bytes) {
  must(disk.make_folder(path.substr(0, path.rfind('/')), true));
  must(disk.write(path, bytes, true));
}

void AgentWorld::drop(const std::string& name, const std::string& bytes) {
  put(std::string(kInbox) + "/" + name, bytes);
  step({FolderHint{"drop", name}});
}

std::string AgentWorld::text(const std::string& path) {
  const auto bytes = disk.read(path, 1 << 20);
  return bytes.ok() ? *bytes : "";
}

std::string AgentWorld::files(const std::string& folder) {
  const auto entries = disk.list(folder);
  std::string all;
  if (!entries.ok()) return "no such folder";
  for (const store::FileInfo& entry : *entries) {
    if (entry.type == store::FileType::kDirectory) continue;
    const bool prefixed = entry.name.size() > 17 && entry.name[16] == '-';
    all += (all.empty() ? "" : " ") + (prefixed ? "#-" + entry.name.substr(17) : entry.name);
  }
  return all;
}

nlohmann::json AgentWorld::ask(const std::string& verb, const nlohmann::json& args) {
  wire::Request request;
  request.set_ref(++last_ref_);
  request.set_verb(verb);
  request.set_json(args.dump());
  step({ControlRequest{"person", request.SerializeAsString()}});
  for (const wire::Reply& reply : replies) {
    if (reply.ref() != last_ref_ || reply.more()) continue;
    if (!reply.code().empty()) return {{"code", reply.code()}, {"error", reply.error()}};
    return nlohmann::json::parse(reply.json());
  }
  return nullptr;
}

std::string AgentWorld::state_of(int number) {
  auto store = must(store::ClientStore::open(db));
  const auto row = must(store.outgoing(id(number)));
  return row ? store::outgoing_state_name(row->state) : "none";
}

std::string AgentWorld::inbox_state_of(int number) {
  auto store = must(store::ClientStore::open(db));
  const auto row = must(store.incoming(id(number)));
  return row ? store::incoming_state_name(row->state) : "none";
}

}  // namespace yizhan::agent
