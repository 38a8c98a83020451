#include "agent/handlers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "config/clean_tail.h"
#include "agent/delivered_files.h"
#include "agent/handler_template.h"
#include "agent/project_orders.h"
#include "agent/reports.h"
#include "agent/task_project.h"
#include "store/row_hash.h"
#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::agent {

namespace {

using store::Incoming;
using store::IncomingState;

// Half of a value's limit, because line feeds take two bytes in a task file.
constexpr std::size_t kReportedOutputBytes = 4096;
constexpr int kRecoverBatch = 256;

const HandlerOptions* find_handler(const std::vector<HandlerOptions>& handlers,
                                   const std::string& name) {
  const auto found = std::find_if(handlers.begin(), handlers.end(),
                                  [&](const HandlerOptions& one) { return one.name == name; });
  return found == handlers.end() ? nullptr : &*found;
}

/// A message of our own store: it was checked before it was written, and may be damaged since.
bool read_stored(const Incoming& row, wire::Message* message) {
  return !row.damaged && message->ParseFromString(row.message);
}

std::vector<std::string> environment(const Context& context, const Incoming& row,
                                     const std::string& folder) {
  std::vector<std::string> variables = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"};
  // Without them, programs look for their settings in the wrong place or end.
  if (!context.machine.home.empty()) variables.push_back("HOME=" + context.machine.home);
  if (!context.machine.account.empty()) {
    variables.push_back("USER=" + context.machine.account);
    variables.push_back("LOGNAME=" + context.machine.account);
  }
  variables.push_back("YIZHAN_ID=" + format_uuid(row.id));
  variables.push_back(std::string("YIZHAN_KIND=") + wire::kind_name(row.kind));
  variables.push_back("YIZHAN_FILE=" + row.file);
  variables.push_back("YIZHAN_SENDER=" + row.sender);
  variables.push_back("YIZHAN_FOLDER=" + folder);
  variables.push_back("YIZHAN_STATE_DIR=" + context.options.state_dir);
  return variables;
}

bool is_of_project(Context& context, const wire::Message& message) {
  wire::Body body;
  return body.ParseFromString(message.body()) && has_task_project(context, message, body);
}

std::string ending(const Exit& exit, Micros timeout) {
  if (!exit.error.empty()) return "could not be started: " + shown(exit.error);
  if (exit.timed_out) return "ended after its timeout of " + format_duration(timeout);
  if (exit.status == 0) return "";
  return "ended with status " + std::to_string(exit.status);
}

}  // namespace

Status Handlers::recover() {
  while (true) {
    TRY_ASSIGN(auto rows,
               context_.store.incoming_in_state(IncomingState::kStarted, 0, kRecoverBatch));
    if (rows.empty()) break;
    for (Incoming& row : rows) TRY(interrupt(row));
  }
  store::LocalSeq after = 0;
  while (true) {
    TRY_ASSIGN(const auto rows,
               context_.store.incoming_in_state(IncomingState::kReady, after, kRecoverBatch));
    if (rows.empty()) break;
    after = rows.back().seq;
    for (const Incoming& row : rows) {
      wire::Message message;
      if (!row.handler.empty()) {
        waiting_.push_back(row.id);
      } else if (row.kind == wire::COMMAND && read_stored(row, &message) &&
                 is_push_order(row, message)) {
        context_.orders.push_back(std::move(message));
      }
    }
  }
  return {};
}

Status Handlers::interrupt(Incoming& row) {
  row.reason = "the agent ended while the handler ran";
  context_.event("interrupted", &row.id, {{"handler", row.handler}});
  wire::Message message;
  const bool readable = read_stored(row, &message);
  const Details more = {{"handler", row.handler}, {"reason", row.reason}};
  if (readable && is_of_project(context_, message)) return go_on(row, message, more);
  row.state = IncomingState::kInterrupted;
  row.state_us = context_.wall_us();
  TRY(context_.begin_write());
  TRY(context_.store.update_incoming(row));
  return readable ? say_report(context_, message, "interrupted", more) : Status();
}

/// The handler has opened the task's project, and has ended: that is neither done nor failed. What
/// went wrong with it is told.
Status Handlers::go_on(Incoming& row, const wire::Message& message, const Details& more) {
  row.state = IncomingState::kInProgress;
  row.state_us = context_.wall_us();
  TRY(context_.begin_write());
  TRY(context_.store.update_incoming(row));
  context_.event("in_progress", &row.id, {{"handler", row.handler}, {"reason", row.reason}});
  if (row.reason.empty()) return {};
  return say_report(context_, message, "in_progress", more);
}

Status Handlers::fail(Incoming& row, const wire::Message& message, const std::string& reason) {
  row.state = IncomingState::kFailed;
  row.state_us = context_.wall_us();
  row.reason = reason;
  context_.warn("handler " + row.handler + " for " + format_uuid(row.id) + ": " + reason);
  context_.event("failed", &row.id, {{"handler", row.handler}, {"reason", reason}});
  return say_report(
      context_, message, "failed",
      {{"handler", row.handler}, {"reason", clean_tail(reason, kReportedOutputBytes)}});
}

Status Handlers::take(Incoming& row, const wire::Message& message) {
  wire::Body body;
  if (!body.ParseFromString(message.body())) body.Clear();
  const HandlerOptions* handler = choose_handler(context_.options.handlers, message, body);
  const bool report = wire::is_report(message.kind());
  row.state = report ? IncomingState::kDone : IncomingState::kReady;
  row.state_us = context_.wall_us();
  context_.event("delivered", &row.id, {{"kind", wire::kind_name(row.kind)}, {"from", row.sender}});
  // What comes with a report, a delivery say, is for people even if no program waits for it.
  if (report && handler == nullptr && message.attachments().empty()) return {};

  if (handler != nullptr) row.handler = handler->name;
  const auto file = write_delivered_files(context_, message);
  if (!file.ok()) {
    const std::string reason = "its files could not be written: " + file.error().message;
    if (handler != nullptr) return fail(row, message, reason);
    row.reason = reason;
    context_.warn("message " + format_uuid(row.id) + ": " + reason);
    return {};
  }
  row.file = *file;
  if (message.kind() == wire::REPLY) context_.replies.push_back(message);
  make_project(message, body);
  if (handler == nullptr) {
    if (is_push_order(row, message)) context_.orders.push_back(message);
    return {};
  }
  if (static_cast<int>(running_.size()) >= context_.options.max_handlers || !waiting_.empty()) {
    row.state = IncomingState::kReady;
    waiting_.push_back(row.id);
    return {};
  }
  return start(row, message, body, *handler);
}

/// Before the handler starts, which may want to open it. What cannot be made is said, and the task
/// is there all the same.
void Handlers::make_project(const wire::Message& message, const wire::Body& body) {
  const auto place = place_of_task(context_.options, message, body);
  if (!place) return;
  const MessageId id = wire::id_of(message);
  const Status made = make_task_project(context_, *place, message, body,
                                        delivered_folder(context_.options, id));
  if (!made.ok()) {
    context_.warn("the project of task " + format_uuid(id) + ": " + made.error().message);
    return;
  }
  context_.event("project", &id, {{"project", place->name}, {"folder", place->path}});
  context_.made_projects.push_back(*place);
}

Status Handlers::start(Incoming& row, const wire::Message& message, const wire::Body& body,
                       const HandlerOptions& handler) {
  const std::string folder = delivered_folder(context_.options, row.id);
  const auto place = place_of_task(context_.options, message, body);
  const std::string project = place ? place->path : "";
  auto arguments = expand_run(handler.run, message, body, row.file, folder, project);
  if (!arguments.ok()) return fail(row, message, arguments.error().message);
  row.state = IncomingState::kStarted;
  row.state_us = context_.wall_us();

  StartHandler output;
  output.run = ++last_run_;
  output.command.argv = std::move(*arguments);
  output.command.environment = environment(context_, row, folder);
  if (!project.empty()) output.command.environment.push_back("YIZHAN_PROJECT=" + project);
  output.command.folder = folder;
  output.command.timeout = handler.timeout;
  output.command.output_limit = context_.options.output_limit;
  running_[output.run] = row.id;
  context_.say(std::move(output));
  context_.event("started", &row.id, {{"handler", handler.name}});
  return say_report(context_, message, "started", {{"handler", handler.name}});
}

Status Handlers::on_exit(const Exit& exit) {
  const auto run = running_.find(exit.run);
  if (run == running_.end()) return {};
  const MessageId id = run->second;
  running_.erase(run);
  TRY_ASSIGN(auto row, context_.store.incoming(id));
  if (!row || row->state != IncomingState::kStarted) return {};

  const HandlerOptions* handler = find_handler(context_.options.handlers, row->handler);
  row->reason = ending(exit, handler == nullptr ? Micros{} : handler->timeout);
  row->exit_status = exit.status;
  row->output = clean_tail(exit.output, context_.options.output_limit);
  Details more = {{"handler", row->handler}, {"exit", std::to_string(exit.status)}};
  if (!row->reason.empty()) more.emplace_back("reason", row->reason);
  const std::string output = clean_tail(row->output, kReportedOutputBytes);
  if (!output.empty()) more.emplace_back("output", output);
  wire::Message message;
  const bool readable = read_stored(*row, &message);
  if (readable && exit.error.empty() && is_of_project(context_, message)) {
    return go_on(*row, message, more);
  }

  row->state = row->reason.empty() ? IncomingState::kDone : IncomingState::kFailed;
  row->state_us = context_.wall_us();
  TRY(context_.begin_write());
  TRY(context_.store.update_incoming(*row));
  const std::string word = row->state == IncomingState::kDone ? "done" : "failed";
  context_.event(word, &id, {{"handler", row->handler}, {"exit", std::to_string(exit.status)}});
  return readable ? say_report(context_, message, word, more) : Status();
}

Status Handlers::start_waiting() {
  while (!waiting_.empty() && static_cast<int>(running_.size()) < context_.options.max_handlers) {
    const MessageId id = waiting_.front();
    waiting_.pop_front();
    TRY_ASSIGN(auto row, context_.store.incoming(id));
    if (!row || row->state != IncomingState::kReady) continue;
    TRY(context_.begin_write());
    wire::Message message;
    const HandlerOptions* handler = find_handler(context_.options.handlers, row->handler);
    if (!read_stored(*row, &message)) {
      // Whom to tell is not known any more.
      TRY(fail(*row, {}, store::kDamagedRow));
    } else if (handler == nullptr) {
      TRY(fail(*row, message, "the configuration no longer has this handler"));
    } else {
      wire::Body body;
      if (!body.ParseFromString(message.body())) body.Clear();
      // The files are derived data: a power cut may have taken them.
      const auto file = write_delivered_files(context_, message);
      TRY(file.ok() ? start(*row, message, body, *handler)
                    : fail(*row, message, "its files: " + file.error().message));
    }
    TRY(context_.store.update_incoming(*row));
  }
  return {};
}

}  // namespace yizhan::agent
