#pragma once
// A broker core with scripted agents around it: no sockets, a clock the test moves, a real SQLite.

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "broker/core.h"
#include "config/options.h"
#include "rules/parse.h"
#include "store/db.h"
#include "tests/store/faulty_db.h"
#include "tests/store/virtual_disk.h"
#include "wire/codec.h"

namespace yizhan::broker {

struct TestAgent {
  PeerId peer;
  PublicKey key;
  std::string user;
  std::string address = "127.0.0.1";
  std::string code() const { return unique_code(key); }
};

class World {
 public:
  explicit World(const std::string& rules = "") : rules_(rules) {
    options_.state_dir = "/state";
    db_ = std::move(store::open_sqlite(":memory:")).value();
    admin_.data[0] = 0xad;
    restart();
  }

  /// The process dies after its last commit and starts again on the same store.
  void restart() {
    disk_.set_clock(now_.wall);
    core_.reset();
    faulty_ = std::make_unique<store::FaultyDb>(*db_);
    std::vector<rules::RuleFile> files;
    if (!rules_.empty()) files.push_back({"rules.ini", rules_});
    auto core = Core::open(options_, admin_, LinkKey{}, *faulty_, disk_, files, now_);
    if (!core.ok()) FAIL(core.error().message);
    REQUIRE(core.ok());
    core_ = std::move(*core);
  }

  /// Ends the agent's session: what is for it waits.
  void leave(const TestAgent& agent) {
    wire::FromAgent frame;
    frame.mutable_bye();
    say(agent, frame);
  }

  BrokerOptions& options() { return options_; }
  store::Db& db() { return *db_; }
  /// What the broker sees of it, until the next restart.
  store::FaultyDb& faulty_db() { return *faulty_; }
  store::VirtualDisk& disk() { return disk_; }
  Core& core() { return *core_; }
  const Now& now() const { return now_; }
  std::vector<StartProgram> programs;  ///< ordered since somebody cleared them
  std::vector<SendWebhook> webhooks;
  std::vector<HttpResponse> responses;

  /// Lets `time` pass: whatever falls due in it is done when it is due. Agents stay connected.
  void pass(Micros time, const std::vector<TestAgent>& agents = {}) {
    const Steady end = now_.steady + time;
    while (now_.steady < end) {
      const Steady next = std::min({end, std::max(core_->next_wakeup(), now_.steady + Micros{1}),
                                    now_.steady + std::chrono::seconds(20)});
      advance(next - now_.steady);
      step();
      wire::FromAgent ping;
      ping.mutable_ping()->set_number(1);
      for (const TestAgent& agent : agents) {
        say(agent, ping);
        const auto fresh = delivered(agent);
        auto& kept = kept_[agent.peer];
        kept.insert(kept.end(), fresh.begin(), fresh.end());
        if (!fresh.empty()) answer(agent, fresh);
      }
    }
  }
  /// Somebody sets the wall clock.
  void jump(Micros by) { now_.wall += by; }
  void advance(Micros by) {
    now_.wall += by;
    now_.steady += by;
  }

  TestAgent agent(const std::string& user, unsigned char number) {
    TestAgent agent;
    agent.peer = "peer-" + user;
    agent.key.data.fill(number);
    agent.user = user;
    return agent;
  }

  using Frames = std::vector<wire::FromBroker>;
  /// One step with these frames of `agent`; what is said to whom is kept for heard().
  void say(const TestAgent& agent, const std::vector<wire::FromAgent>& frames) {
    std::vector<Input> inputs;
    for (const auto& frame : frames) {
      inputs.push_back(FrameIn{agent.peer, agent.key, agent.address, wire::encode(frame)});
    }
    step(inputs);
  }
  void say(const TestAgent& agent, const wire::FromAgent& frame) { say(agent, std::vector{frame}); }
  void step(const std::vector<Input>& inputs = {}) {
    disk_.set_clock(now_.wall);
    auto outputs = core_->step(inputs, now_);
    if (!outputs.ok()) FAIL(outputs.error().message);
    for (const Output& output : *outputs) {
      if (const auto* frame = std::get_if<FrameOut>(&output)) {
        heard_[frame->peer].push_back(std::move(wire::decode_from_broker(frame->bytes)).value());
      } else if (const auto* program = std::get_if<StartProgram>(&output)) {
        programs.push_back(*program);
      } else if (const auto* hook = std::get_if<SendWebhook>(&output)) {
        webhooks.push_back(*hook);
      } else if (const auto* response = std::get_if<HttpResponse>(&output)) {
        responses.push_back(*response);
      } else {
        log_ += std::get<LogLine>(output).text + "\n";
      }
    }
  }
  /// What was logged since the last call.
  std::string logged() { return std::exchange(log_, {}); }
  /// What `agent` was told since the last call.
  Frames heard(const TestAgent& agent) { return std::exchange(heard_[agent.peer], {}); }

  void hello(const TestAgent& agent, const std::string& token = "") {
    wire::FromAgent frame;
    frame.mutable_hello()->set_version(1);
    frame.mutable_hello()->set_user(agent.user);
    frame.mutable_hello()->set_heartbeat_ms(10'000);
    frame.mutable_hello()->set_token(token);
    say(agent, frame);
  }
  /// An accepted agent with a session; whatever it was sent is forgotten.
  TestAgent connected(const std::string& user, unsigned char number) {
    TestAgent made = agent(user, number);
    hello(made);
    REQUIRE(heard(made).front().has_welcome());
    return made;
  }

  static wire::Message message(const std::string& recipient, int number,
                               wire::Kind kind = wire::TASK) {
    wire::Message made;
    MessageId id;
    id.data.fill(static_cast<unsigned char>(number));
    made.set_id(std::string(id.view()));
    made.set_kind(kind);
    made.set_recipient(recipient);
    made.set_created("2026-03-04T09:12:00+08:00");
    made.set_ack(wire::ACK_NONE);
    return made;
  }
  static void set_field(wire::Message* message, const std::string& section, const std::string& key,
                        const std::string& value) {
    wire::Body body;
    REQUIRE(body.ParseFromString(message->body()));
    wire::Section* made = nullptr;
    for (wire::Section& there : *body.mutable_sections()) {
      if (there.name() == section) made = &there;
    }
    if (made == nullptr) made = body.add_sections();
    made->set_name(section);
    wire::Entry* entry = made->add_entries();
    entry->set_key(key);
    entry->set_value(value);
    message->set_body(body.SerializeAsString());
  }

  void send(const TestAgent& agent, const wire::Message& message) {
    wire::FromAgent frame;
    *frame.mutable_push()->add_messages() = message;
    say(agent, frame);
  }
  /// Uploads `bytes` in one chunk and names them in `message`.
  void attach(const TestAgent& agent, wire::Message* message, const std::string& bytes) {
    const std::string hash(sha256_of(bytes).view());
    wire::FromAgent frame;
    frame.mutable_blob_chunk()->set_sha256(hash);
    frame.mutable_blob_chunk()->set_size(bytes.size());
    frame.mutable_blob_chunk()->set_data(bytes);
    say(agent, frame);
    wire::Attachment* attachment = message->add_attachments();
    attachment->set_name("file" + std::to_string(message->attachments_size()));
    attachment->set_sha256(hash);
    attachment->set_size(bytes.size());
  }
  bool has_blob(const std::string& bytes) {
    const std::string hex = to_hex(sha256_of(bytes));
    return disk_.info("/state/blobs/" + hex.substr(0, 2) + "/" + hex).ok();
  }

  /// Pushes one message and gives the broker's answer to it.
  wire::PushResult::One push(const TestAgent& agent, const wire::Message& message) {
    send(agent, message);
    wire::PushResult::One answer;
    for (const auto& frame : std::exchange(heard_[agent.peer], {})) {
      if (frame.has_push_result()) {
        answer = frame.push_result().results(0);
      } else {
        heard_[agent.peer].push_back(frame);
      }
    }
    REQUIRE(answer.id() == message.id());
    return answer;
  }

  /// `agent` says how `about` fares with it, at `at` by its own clock.
  void report(const TestAgent& agent, const wire::Message& about, const std::string& event,
              Instant at) {
    wire::Message report;
    report.set_id(
        std::string(derive_uuid(wire::id_of(about), "report:" + event + ":" + agent.user).view()));
    report.set_kind(wire::RECEIPT);
    report.set_recipient("user:pm");
    report.set_in_reply_to(format_uuid(wire::id_of(about)));
    report.set_ack(wire::ACK_NONE);
    report.set_created(format_time(at));
    set_field(&report, "receipt", "event", event);
    set_field(&report, "receipt", "at", format_time(at));
    send(agent, report);
  }
  void report(const TestAgent& agent, const wire::Message& about, const std::string& event) {
    report(agent, about, event, now_.wall);
  }
  /// One HTTP request; the answer.
  HttpResponse request(const std::string& method, const std::string& target,
                       const std::string& body = "", bool prefetch = false) {
    HttpRequest request;
    request.id = 1;
    request.method = method;
    request.target = target;
    request.address = "192.0.2.7";
    request.user_agent = "a browser";
    request.content_type = "application/x-www-form-urlencoded";
    request.body = body;
    request.prefetch = prefetch;
    responses.clear();
    step({request});
    REQUIRE(responses.size() == 1);
    return responses.front();
  }

  /// Everything that was delivered to `agent` since the last call.
  std::vector<wire::Deliver::One> delivered(const TestAgent& agent) {
    std::vector<wire::Deliver::One> found = std::exchange(kept_[agent.peer], {});
    for (const auto& frame : heard(agent)) {
      for (const auto& one : frame.deliver().deliveries()) found.push_back(one);
    }
    return found;
  }
  void answer(const TestAgent& agent, const std::vector<wire::Deliver::One>& deliveries,
              wire::DeliverResult::One::Outcome outcome = wire::DeliverResult::One::DELIVERED) {
    wire::FromAgent frame;
    for (const auto& one : deliveries) {
      auto* result = frame.mutable_deliver_result()->add_results();
      result->set_seq(one.seq());
      result->set_outcome(outcome);
    }
    say(agent, frame);
  }

  TestAgent operator_() const {
    TestAgent made;
    made.peer = "operator";
    made.key = admin_;
    return made;
  }
  wire::Reply ask(const TestAgent& agent, const std::string& verb,
                  const nlohmann::json& arguments = nlohmann::json::object()) {
    wire::FromAgent frame;
    frame.mutable_request()->set_ref(7);
    frame.mutable_request()->set_verb(verb);
    frame.mutable_request()->set_json(arguments.dump());
    say(agent, frame);
    for (const auto& heard : heard(agent)) {
      if (heard.has_reply()) return heard.reply();
    }
    FAIL("the request was not answered");
    return {};
  }
  nlohmann::json told(const std::string& verb,
                      const nlohmann::json& arguments = nlohmann::json::object()) {
    const wire::Reply reply = ask(operator_(), verb, arguments);
    INFO(reply.error());
    REQUIRE(reply.code().empty());
    return nlohmann::json::parse(reply.json());
  }

 private:
  BrokerOptions options_;
  std::string rules_;
  PublicKey admin_;
  store::VirtualDisk disk_;
  std::unique_ptr<store::Db> db_;
  std::unique_ptr<store::FaultyDb> faulty_;
  Now now_{from_micros(1'790'000'000'000'000), Steady{std::chrono::hours(1)}};
  std::unique_ptr<Core> core_;
  std::map<PeerId, Frames> heard_;
  std::string log_;
  std::map<PeerId, std::vector<wire::Deliver::One>> kept_;  // taken by agents while time passed
};

}  // namespace yizhan::broker
