#include "agent/project_push.h"

#include <map>
#include <utility>

#include "agent/project_collect.h"
#include "agent/project_files.h"
#include "agent/project_history.h"
#include "agent/project_questions.h"
#include "exchange/omegat_glossary.h"
#include "exchange/writer.h"

namespace yizhan::agent {

namespace {

constexpr std::size_t kMaxStateBytes = 1024 * 1024;
constexpr std::string_view kGlossarySuffix = ".utf8";

}  // namespace

std::string ProjectPusher::state_file() const {
  return project_state_folder(context_.options, place_.name) + "/shards";
}

exchange::ShardState ProjectPusher::load_state() const {
  const auto text = context_.disk.read(state_file(), kMaxStateBytes);
  if (!text.ok()) return {};
  auto state = exchange::ShardState::parse(*text);
  if (!state.ok()) return {};
  std::vector<exchange::Shard> all = state->cold;
  if (state->hot.units > 0) all.push_back(state->hot);
  for (const exchange::Shard& shard : all) {
    if (!context_.disk.info(layout_.our_tm() + "/" + shard.file).ok()) return {};
  }
  return std::move(*state);
}

Status ProjectPusher::write_shard(const exchange::Shard& shard, const ProjectMarks& marks) {
  DiskOutput output(context_.disk, layout_.temporary() + "/" + shard.file);
  exchange::WriteOptions options;
  options.source_lang = layout_.source_lang;
  options.target_lang = layout_.target_lang;
  options.for_omegat = true;
  const auto writer = exchange::make_writer(exchange::Format::kTmx, options, &output);
  for (const std::int64_t row : marks.rows(shard.first, shard.last)) {
    TRY_ASSIGN(auto unit, records_.records().at(wire::UNIT, row));
    if (!unit || unit->damaged) continue;
    wire::set_value(&unit->record, wire::unit::kSourceLang, layout_.source_lang);
    wire::set_value(&unit->record, wire::unit::kTargetLang, layout_.target_lang);
    TRY(writer->unit(unit->record));
  }
  TRY(writer->finish());
  return output.commit(layout_.our_tm() + "/" + shard.file);
}

Result<ProjectPusher::Pushed> ProjectPusher::push_units(exchange::ShardState* state, bool open,
                                                        bool review) {
  store::Disk& disk = context_.disk;
  TRY(disk.make_folder(layout_.our_tm(), false));
  TRY(disk.make_folder(layout_.temporary(), false));
  TRY_ASSIGN(auto slices, slices_of(records_, place_.reads));
  ProjectMarks marks(records_, layout_, std::move(slices));
  TRY_ASSIGN(const exchange::PushPlan plan, exchange::plan_push(*state, marks, open, review));
  Pushed pushed;
  pushed.more = plan.more;
  pushed.left_out = plan.left_out;
  for (const exchange::Shard& shard : plan.writes) {
    TRY(write_shard(shard, marks));
    pushed.units += shard.units;
    ++pushed.files;
  }
  for (const std::string& name : plan.removals) {
    TRY(disk.remove(layout_.our_tm() + "/" + name));
    ++pushed.files;
  }
  if (plan.after == *state) return pushed;
  *state = plan.after;
  TRY(disk.make_folder(project_state_folder(context_.options, place_.name), false));
  TRY(disk.write(state_file(), state->text(), false));
  return pushed;
}

Status ProjectPusher::put_text(const std::string& folder, const std::string& name,
                               const std::string& text, std::size_t* written) {
  const std::string path = folder + "/" + name;
  const auto there = context_.disk.read(path, text.size());
  if (there.ok() && *there == text) return {};
  DiskOutput output(context_.disk, layout_.temporary() + "/" + name);
  TRY(output.write(text));
  TRY(output.commit(path));
  ++*written;
  return {};
}

Result<std::size_t> ProjectPusher::push_terms() {
  store::Disk& disk = context_.disk;
  const std::string folder = layout_.our_glossary();
  TRY(disk.make_folder(folder, false));
  TRY(disk.make_folder(layout_.temporary(), false));
  TRY_ASSIGN(const auto slices, slices_of(records_, place_.reads));
  TRY_ASSIGN(auto texts, glossary_texts(records_, layout_, slices));
  TRY_ASSIGN(const auto answers, kept_answers(context_, place_.name));
  exchange::GlossaryText answered(layout_);
  for (const auto& answer : answers) answered.add(answer);
  if (answered.lines() > 0) texts[std::string(exchange::kAnswersFile)] = answered.text();
  std::size_t written = 0;
  for (const auto& [name, text] : texts) TRY(put_text(folder, name, text, &written));
  TRY_ASSIGN(const auto files, disk.list(folder));
  for (const store::FileInfo& file : files) {
    if (!file.name.ends_with(kGlossarySuffix) || texts.contains(file.name)) continue;
    TRY(disk.remove(folder + "/" + file.name));
    ++written;
  }
  return written;
}

}  // namespace yizhan::agent
