#pragma once
// An OmegaT project as it lies on disk: its settings in omegat.project, its folders, and which
// languages' data may go into it. What may be written where is the agent's contract with OmegaT
// (docs: OmegaT unchanged): tm/yizhan and glossary/yizhan are ours, all else is only read. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"

namespace yizhan::exchange {

inline constexpr std::string_view kOmegatProjectFile = "omegat.project";
/// Below the project's folder: half-written files never lie where OmegaT looks for them.
inline constexpr std::string_view kOmegatTemporaryFolder = ".yizhan/tmp";
inline constexpr std::size_t kMaxOmegatProjectBytes = 256 * 1024;

/// Paths are absolute, without "/" at the end.
struct OmegatProject {
  std::string folder;
  std::string name;                      ///< the folder's: OmegaT names its exports NAME-omegat.tmx
  std::string source_lang, target_lang;  ///< "en-US", "zh-CN"
  std::string source_dir, target_dir, tm_dir, glossary_dir, dictionary_dir;
  std::string glossary_file;  ///< the one that OmegaT itself appends to

  std::string save_file() const { return folder + "/omegat/project_save.tmx"; }
  std::string stats_file() const { return folder + "/omegat/project_stats.txt"; }
  std::string export_file() const { return folder + "/" + name + "-omegat.tmx"; }
  std::string our_tm() const { return tm_dir + "/yizhan"; }
  std::string our_glossary() const { return glossary_dir + "/yizhan"; }
  std::string temporary() const { return folder + "/" + std::string(kOmegatTemporaryFolder); }
};

/// The settings of a project that lies in `folder` (absolute), from the text of its omegat.project.
/// "__DEFAULT__", empty and missing folder settings are OmegaT's defaults; others are relative to
/// `folder` or absolute, with "/" or "\". kInvalid, with line, for what is no such file or has a
/// document type; kInvalid as well if a language is missing or none.
Result<OmegatProject> parse_omegat_project(std::string_view xml, const std::string& folder);

/// A project with OmegaT's default layout, for one that is to be made. kInvalid for languages that
/// are none.
Result<OmegatProject> default_omegat_project(const std::string& folder,
                                             std::string_view source_lang,
                                             std::string_view target_lang);

/// The text of omegat.project with the default layout and these languages.
std::string omegat_project_text(const OmegatProject& project);

/// Every folder that has to be there before OmegaT opens the project, and those of ours, parents
/// first. OmegaT refuses a project in which one is missing.
std::vector<std::string> omegat_folders(const OmegatProject& project);

/// The name of a folder for a project called `name` by people: no path, no control characters,
/// never hidden, never empty, at most 100 bytes. Spaces stay: OmegaT copes with them.
std::string omegat_folder_name(std::string_view name);

/// BCP 47 in the form OmegaT matches: "zh-CN", "en-US", "zh-Hans-CN" from "zh_cn", "ZH-CN",
/// "zho-CN". Empty if it is no language tag. (OmegaT skips "zh_CN" and "zho" silently.)
std::string omegat_language(std::string_view tag);

/// Whether data in language `tag` may go into a project for `wanted`: the same language, in the
/// same script, and of the same region if both name one, except that a source may come from another
/// region (`source`: en-GB serves en-US). zh-TW never goes into zh-CN, zh-Hans and zh do. OmegaT
/// itself compares the language only.
bool omegat_language_fits(std::string_view tag, std::string_view wanted, bool source);

}  // namespace yizhan::exchange
