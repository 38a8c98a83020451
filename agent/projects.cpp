// Following projects: what is looked at when, and what is pushed when. Progress and exports are in
// projects_progress.cpp.

#include "agent/projects.h"

#include <algorithm>

#include "agent/project_collect.h"
#include "agent/project_history.h"
#include "agent/project_push.h"
#include "agent/project_questions.h"

namespace yizhan::agent {

namespace {

/// How often older units are looked at anew once OmegaT is closed, and whether it is.
constexpr Micros kReviewPause = std::chrono::seconds(60);
/// While much is being fetched, what has come is pushed only so often.
constexpr Micros kBusyPause = std::chrono::seconds(60);
constexpr std::size_t kMaxPlaceBytes = 64 * 1024;

bool is_name_or_all(const std::string& hint, std::string_view name) {
  return hint.empty() || hint == name;
}

std::string_view name_in(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}
std::string folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

}  // namespace

Status Projects::recover() {
  for (const ProjectOptions& options : context_.options.projects) follow(place_of(options));
  const std::string folder = context_.options.state_dir + "/projects";
  const auto states = context_.disk.list(folder);
  if (!states.ok()) return {};  // no task has made any
  for (const store::FileInfo& state : *states) {
    if (state.type != store::FileType::kDirectory) continue;
    const auto text = context_.disk.read(folder + "/" + state.name + "/place", kMaxPlaceBytes);
    if (!text.ok()) continue;  // a configured project's
    auto place = parse_place(*text);
    if (place.ok()) {
      follow(std::move(*place));
    } else {
      context_.warn("project " + shown(state.name) + ": " + place.error().message);
    }
  }
  return {};
}

void Projects::follow(ProjectPlace place) {
  for (Followed& one : all_) {
    if (one.place.path != place.path) continue;
    // What the configuration says of a folder counts more than the task that made it.
    if (!one.place.task.empty()) one.place = std::move(place);
    one.look_project = true;
    return;
  }
  Followed& one = all_.emplace_back();
  one.place = std::move(place);
}

void Projects::on_hint(const FolderHint& hint) {
  const auto found = watches_.find(hint.watch);
  if (found == watches_.end()) return;
  auto& [one, part] = found->second;
  if (part == Part::kOmegat) {
    one->look_save = one->look_save || is_name_or_all(hint.name, "project_save.tmx");
    one->look_stats = one->look_stats || is_name_or_all(hint.name, "project_stats.txt");
  } else if (part == Part::kGlossary && one->layout) {
    one->look_terms =
        one->look_terms || is_name_or_all(hint.name, name_in(one->layout->glossary_file));
  } else if (part == Part::kSource) {
    one->look_source = true;
  } else if (part == Part::kTop) {
    one->look_project =
        one->look_project || is_name_or_all(hint.name, exchange::kOmegatProjectFile);
    one->look_export = true;
  }
}

/// What the inbox brought in this step.
Status Projects::take_news() {
  for (ProjectPlace& place : std::exchange(context_.made_projects, {})) follow(std::move(place));
  for (const wire::Message& reply : std::exchange(context_.replies, {})) {
    TRY_ASSIGN(const std::string name, project_answered(context_, reply));
    if (name.empty()) continue;
    TRY(keep_answer(context_, name, reply));
    for (Followed& one : all_) one.terms_due = one.terms_due || one.place.name == name;
  }
  for (const wire::Message& order : std::exchange(context_.orders, {})) TRY(take_order(order));
  return {};
}

Status Projects::work(bool busy) {
  busy_ = busy;
  TRY(take_news());
  if (all_.empty()) return answer_orders();
  const Steady now = context_.now.steady;
  if (now >= next_scan_) {
    next_scan_ = now + context_.options.rescan_interval;
    for (Followed& one : all_) {
      TRY(look_at_slices(one));
      one.look_project = one.look_save = one.look_terms = one.look_stats = one.look_export = true;
      one.look_source = true;
    }
  }
  for (Followed& one : all_) TRY(look(one));
  TRY(answer_orders());
  TRY_ASSIGN(noted_, records_.store().last_noted());
  for (Followed& one : all_) {
    one.push_now = wants_push(one) && one.pace.may_push(now) &&
                   !(busy_ && !one.ordered &&
                     now < one.pace.due() - exchange::PushPace::kPause + kBusyPause);
  }
  return {};
}

/// A right that was taken away, or given, changes what the project has, and no record tells.
Status Projects::look_at_slices(Followed& one) {
  TRY_ASSIGN(auto slices, slices_of(records_, one.place.reads));
  if (slices == one.slices) return {};
  one.slices = std::move(slices);
  one.pushed = one.reviewed = -1;
  one.terms_due = true;
  return {};
}

Status Projects::look(Followed& one) {
  if (std::exchange(one.look_project, false) && !look_at_project(one)) return {};
  if (!one.layout) return {};
  TRY(look_at_progress(one));
  TRY(look_at_export(one));
  TRY(look_at_source(one));
  return one.place.slice.empty() ? Status() : collect(one);
}

void Projects::fail(Followed& one, const std::string& why) {
  if (one.problem == why) return;
  one.problem = why;
  context_.warn("project " + shown(one.place.name) + ": " + why + "; looking again at each rescan");
}

/// False if there is no project to be followed.
bool Projects::look_at_project(Followed& one) {
  if (const Status slice = wire::check_slice(one.place.slice);
      !slice.ok() && !one.place.slice.empty()) {
    fail(one, slice.error().message);
    return false;
  }
  const std::string file = one.place.path + "/" + std::string(exchange::kOmegatProjectFile);
  auto info = context_.disk.info(file);
  if (!info.ok() && info.error().code == Code::kNotFound && one.place.create) {
    const Status made = make(one.place);
    if (!made.ok()) {
      fail(one, made.error().message);
      return false;
    }
    info = context_.disk.info(file);
  }
  if (!info.ok()) {
    one.layout.reset();
    fail(one, info.error().message);
    return false;
  }
  if (one.layout && one.project_file == *info) return true;
  const auto text = context_.disk.read(file, exchange::kMaxOmegatProjectBytes);
  auto layout = text.ok() ? exchange::parse_omegat_project(*text, one.place.path)
                          : Result<exchange::OmegatProject>(text.error());
  if (!layout.ok()) {
    // OmegaT writes it in place: half of it is no reason to forget the project.
    if (one.layout) return true;
    fail(one, layout.error().message);
    return false;
  }
  one.project_file = *info;
  // OmegaT writes it again at every save, mostly with the same in it.
  const bool same = one.layout && one.layout->our_tm() == layout->our_tm() &&
                    one.layout->our_glossary() == layout->our_glossary() &&
                    one.layout->source_lang == layout->source_lang &&
                    one.layout->target_lang == layout->target_lang;
  one.layout = std::move(*layout);
  if (same) return true;
  one.problem.clear();
  one.shards = ProjectPusher(context_, records_, one.place, *one.layout).load_state();
  one.pushed = one.reviewed = -1;
  one.terms_due = true;
  watch(one);
  return true;
}

Status Projects::make(const ProjectPlace& place) {
  const LanguagePair languages = languages_of_slice(place.slice);
  if (languages.source.empty()) {
    return Error{Code::kInvalid,
                 "the project cannot be made: its slice does not end in two languages, as "
                 "HL-GEAR/PRJ-1/en-US/zh-CN does"};
  }
  TRY_ASSIGN(const exchange::OmegatProject project,
             exchange::default_omegat_project(place.path, languages.source, languages.target));
  for (const std::string& folder : exchange::omegat_folders(project)) {
    TRY(context_.disk.make_folder(folder));
  }
  return context_.disk.write(place.path + "/" + std::string(exchange::kOmegatProjectFile),
                             omegat_project_text(project), true);
}

void Projects::watch(Followed& one) {
  const Status made =
      context_.disk.make_folder(project_state_folder(context_.options, one.place.name), false);
  if (!made.ok()) context_.warn(made.error().message);
  if (std::exchange(one.watched, true)) return;
  const std::string name = "project:" + one.place.name;
  for (const auto& [suffix, part, path] :
       {std::tuple("", Part::kTop, one.place.path),
        std::tuple("/omegat", Part::kOmegat, one.place.path + "/omegat"),
        std::tuple("/glossary", Part::kGlossary, folder_of(one.layout->glossary_file)),
        std::tuple("/source", Part::kSource, one.layout->source_dir)}) {
    if (part == Part::kSource && one.place.task.empty()) continue;
    watches_[name + suffix] = {&one, part};
    context_.say(WatchFolder{name + suffix, path});
  }
}

Status Projects::collect(Followed& one) {
  ProjectCollector collector(context_, records_, one.place, *one.layout);
  Status fatal;
  const auto changed = [&](bool* look, store::FileInfo* seen, const std::string& path) {
    if (!std::exchange(*look, false)) return false;
    const auto info = context_.disk.info(path);
    if (!info.ok() || *info == *seen) return false;
    *seen = *info;
    return true;
  };
  if (changed(&one.look_save, &one.save, one.layout->save_file())) {
    const Status taken = collector.collect_units(&fatal);
    if (!fatal.ok()) return fatal;
    if (!taken.ok()) {
      context_.warn("project " + shown(one.place.name) + ": " + taken.error().message);
      // Saved while it was read: there is a newer one. What is damaged waits for the next save.
      if (taken.error().code == Code::kUnavailable) one.save = {};
    }
  }
  if (changed(&one.look_terms, &one.terms, one.layout->glossary_file)) {
    const Status taken = collector.collect_terms(&fatal);
    if (!fatal.ok()) return fatal;
    if (!taken.ok()) {
      context_.warn("project " + shown(one.place.name) + ": " + taken.error().message);
    }
  }
  return {};
}

bool Projects::wants_push(const Followed& one) const {
  if (!one.layout || one.place.slice.empty()) return false;
  if (one.ordered || one.more || one.terms_due || one.pushed != noted_) return true;
  return one.reviewed != noted_ && context_.now.steady >= one.review_due;
}

void Projects::tidy() {
  for (Followed& one : all_) {
    if (std::exchange(one.push_now, false)) push(one);
  }
}

void Projects::push(Followed& one) {
  const Steady now = context_.now.steady;
  one.pace.pushed(now);
  ProjectPusher pusher(context_, records_, one.place, *one.layout);
  if (auto slices = slices_of(records_, one.place.reads); slices.ok()) {
    one.slices = std::move(*slices);
  }
  const bool open =
      context_.disk.locked(one.place.path + "/" + std::string(exchange::kOmegatProjectFile));
  const bool review = !open && one.reviewed != noted_ && now >= one.review_due;
  const auto units = pusher.push_units(&one.shards, open, review);
  const auto terms = units.ok() ? push_terms(one, one.pushed) : Result<std::size_t>(units.error());
  if (!terms.ok()) {
    one.pushed = -1;  // tried again after the pause
    one.terms_due = true;
    fail(one, "its memory was not brought up to date: " + terms.error().message);
    pushed(one, one.problem, 0, 0);
    return;
  }
  one.problem.clear();
  one.pushed = noted_;
  one.terms_due = false;
  one.more = units->more;
  pushed(one, "", units->units, units->files + *terms);
  if (review) one.reviewed = noted_;
  if (one.reviewed != noted_ || review) one.review_due = now + kReviewPause;
  if (units->files == 0 && *terms == 0) return;
  context_.event("pushed", nullptr,
                 {{"project", one.place.name},
                  {"units", std::to_string(units->units)},
                  {"files", std::to_string(units->files + *terms)},
                  {"open", open ? "yes" : "no"}});
}

/// If anything about them has changed since `pushed` had been noted.
Result<std::size_t> Projects::push_terms(Followed& one, std::int64_t pushed) {
  if (!one.terms_due) {
    TRY_ASSIGN(const bool changed, records_.store().noted_terms_after(pushed));
    if (!changed) return std::size_t{0};
  }
  return ProjectPusher(context_, records_, one.place, *one.layout).push_terms();
}

bool Projects::has_more() const {
  return std::any_of(orders_.begin(), orders_.end(),
                     [](const Order& order) { return order.waits.empty(); });
}

Steady Projects::next_wakeup() const {
  if (all_.empty()) return Steady::max();
  Steady next = next_scan_;
  for (const Followed& one : all_) {
    next = std::min({next, one.delivery.due(), one.source_due});
    if (!one.layout || one.place.slice.empty()) continue;
    if (one.ordered || one.more || one.terms_due || one.pushed != noted_) {
      next = std::min(next, busy_ && !one.ordered ? one.pace.due() + kBusyPause : one.pace.due());
    } else if (one.reviewed != noted_) {
      next = std::min(next, std::max(one.review_due, one.pace.due()));
    }
  }
  return next;
}

std::vector<Projects::View> Projects::views() const {
  std::vector<View> views;
  for (const Followed& one : all_) {
    views.push_back({one.place, one.layout, one.problem, one.progress});
  }
  return views;
}

}  // namespace yizhan::agent
