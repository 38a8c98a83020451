#include "broker/links.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "broker/activations.h"
#include "broker/http_form.h"
#include "broker/reports.h"
#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::broker {

namespace {

constexpr int kOk = 200;
constexpr int kBadRequest = 400;
constexpr int kNotFound = 404;
constexpr std::string_view kHealth = "/healthz";
constexpr const char* kForm = "application/x-www-form-urlencoded";

/// What a page shows of a message, in this order.
constexpr std::array<std::string_view, 20> kShown = {"kind",
                                                     "project.id",
                                                     "project.name",
                                                     "job.id",
                                                     "job.type",
                                                     "job.source_lang",
                                                     "job.target_lang",
                                                     "job.due",
                                                     "offer.expires",
                                                     "offer.amount",
                                                     "offer.currency",
                                                     "count.total",
                                                     "count.unit",
                                                     "instructions.text",
                                                     "question.category",
                                                     "question.text",
                                                     "challenge.reason",
                                                     "guidance.topic",
                                                     "guidance.text",
                                                     "reply.text"};

/// The answers that a page offers for what is expected.
std::vector<std::string> buttons_for(const std::vector<std::string>& expect) {
  const auto expects = [&](std::string_view state) {
    return std::find(expect.begin(), expect.end(), state) != expect.end();
  };
  if (expects("accepted") || expects("declined")) return {"accepted", "declined"};
  if (expects("done")) return {"done"};
  if (expects("started")) return {"started"};
  return {"opened"};
}

}  // namespace

struct Links::Found {
  store::Probe probe;
  store::ClientId client = 0;
  store::StoredMessage row;
  wire::Message envelope;
  wire::Body body;
  std::vector<std::string> buttons;
  std::vector<store::Activation> activations;  ///< made by this link

  Subject subject() const { return subject_of(row, envelope); }
  const store::Activation* answered() const {
    const auto found =
        std::find_if(activations.rbegin(), activations.rend(),
                     [](const store::Activation& one) { return one.state != "fetched"; });
    return found == activations.rend() ? nullptr : &*found;
  }
};

std::string Links::link(store::ProbeId probe, store::ClientId client) const {
  return public_url_ + "/p/" + make_token(key_, {probe, client});
}

Status Links::on_request(Step& step, const HttpRequest& request) {
  TRY_ASSIGN(HttpResponse response, answer(step, request));
  step.respond(std::move(response));
  return {};
}

Result<HttpResponse> Links::answer(Step& step, const HttpRequest& request) {
  if (request.target == kHealth) return plain_page(request.id, kOk, "ok\n");
  const Language language = choose_language(request.target, request.accept_language);
  const std::string_view token = token_of(request.target);
  TRY_ASSIGN(auto found, find(token));
  if (!found) return status_page(request.id, kNotFound, language);
  // What a browser or scanner fetches ahead of its person changes nothing, whatever its method.
  if (request.method == "POST" && !request.prefetch) {
    return press(step, request, *found, token, language);
  }
  return show(step, request, *found, token, language);
}

Result<std::optional<Links::Found>> Links::find(std::string_view token) {
  std::optional<Found> none;
  const std::optional<LinkTarget> target = read_token(key_, token);
  // An unknown number is looked up as well, so that both take the same time.
  TRY_ASSIGN(const auto probe, probes_.probe(target ? target->probe : 0));
  if (!target || !probe) return none;
  Found found;
  found.probe = *probe;
  found.client = target->client;
  TRY_ASSIGN(auto row, store_.message(probe->message));
  if (!row || !read_envelope(*row, &found.envelope)) return none;
  found.row = std::move(*row);
  if (!found.body.ParseFromString(found.row.body)) found.body.Clear();
  const rules::Row* preset = instructions_.tables().preset.find(probe->preset);
  found.buttons =
      preset == nullptr ? std::vector<std::string>{"opened"} : buttons_for(preset->watch->expect);
  TRY_ASSIGN(auto activations, probes_.activations(probe->message));
  std::erase_if(activations, [&](const store::Activation& one) {
    return one.probe != probe->id || one.client != target->client;
  });
  found.activations = std::move(activations);
  return std::optional<Found>(std::move(found));
}

ProbePage Links::page_of(const Found& found) const {
  ProbePage page;
  page.sender = found.envelope.sender();
  const auto field = [&](std::string_view name) -> const std::string* {
    const std::size_t dot = name.find('.');
    return dot == std::string_view::npos
               ? nullptr
               : wire::find_entry(found.body, name.substr(0, dot), name.substr(dot + 1));
  };
  for (const std::string_view name : kShown) {
    if (name == "kind") {
      page.fields.emplace_back("kind", wire::kind_name(found.envelope.kind()));
    } else if (const std::string* value = field(name); value != nullptr && !value->empty()) {
      page.fields.emplace_back(name, *value);
    }
  }
  const std::string* project = field("project.id");
  const std::string* job = field("job.id");
  page.title = project != nullptr ? *project : wire::kind_name(found.envelope.kind());
  if (job != nullptr) page.title += " " + *job;
  for (const wire::Attachment& attachment : found.envelope.attachments()) {
    page.attachments.push_back(attachment.name());
  }
  page.buttons = found.buttons;
  if (const store::Activation* answered = found.answered()) {
    page.state = ProbePage::kActivated;
    page.activated_as = answered->state;
    page.activated_at = from_micros(answered->at_us);
  } else if (found.probe.state == store::ProbeState::kCancelled) {
    page.state = ProbePage::kCancelled;
  } else if (found.probe.state == store::ProbeState::kExpired) {
    page.state = ProbePage::kExpired;
  }
  return page;
}

Result<HttpResponse> Links::show(Step& step, const HttpRequest& request, Found& found,
                                 std::string_view token, Language language) {
  // Once for each link: a page that is fetched a thousand times is one row.
  if (found.activations.empty()) {
    TRY(activate(step, request, found, "fetched"));
  }
  ProbePage page = page_of(found);
  page.nonce = make_nonce(key_, token, step.wall());
  return probe_page(request.id, page, language);
}

Result<HttpResponse> Links::press(Step& step, const HttpRequest& request, Found& found,
                                  std::string_view token, Language language) {
  const auto form = request.content_type.starts_with(kForm) ? read_probe_form(request.body)
                                                            : std::optional<ProbeForm>();
  if (!form || !check_nonce(key_, token, form->nonce, step.wall()) ||
      std::find(found.buttons.begin(), found.buttons.end(), form->state) == found.buttons.end()) {
    return status_page(request.id, kBadRequest, language);
  }
  const ProbePage page = page_of(found);
  if (const store::Activation* answered = found.answered()) {
    // The same answer again, a second click, is told the same; another one sees what was answered.
    if (answered->state == form->state) {
      return thanks_page(request.id, page.title, form->state, language);
    }
    return probe_page(request.id, page, language);
  }
  if (page.state != ProbePage::kWaiting) return probe_page(request.id, page, language);
  TRY(activate(step, request, found, form->state));
  return thanks_page(request.id, page.title, form->state, language);
}

Status Links::activate(Step& step, const HttpRequest& request, Found& found,
                       const std::string& state) {
  store::Activation activation;
  activation.message = found.row.seq;
  activation.probe = found.probe.id;
  activation.client = found.client;
  activation.state = state;
  activation.via = "link";
  activation.machine = request.user_agent;
  activation.address = request.address;
  activation.at_us = activation.arrived_us = step.wall_us();
  if (found.client != 0) {
    TRY_ASSIGN(const store::Client* client, directory_.client(found.client));
    activation.code = client->code;
    activation.user = client->user;
  }
  const std::string user = activation.user;
  if (found.row.kind == wire::GUIDANCE && state != "fetched") {
    TRY(probes_.remove_must_read(found.row.seq, found.client));
  }
  TRY_ASSIGN(const bool changed,
             instructions_.on_activation(step, found.subject(), std::move(activation)));
  // A rule of the activation may have set a state already: the word of the rule stands.
  const std::string word = state == "started" ? "in_progress" : state;
  if (changed || !lifts_pause(found.row.state, word)) return {};
  return instructions_.set_state(step, found.subject(), word, user.empty() ? "a link" : user);
}

}  // namespace yizhan::broker
