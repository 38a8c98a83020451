#include "exchange/omegat_project.h"

#include <expat.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "exchange/omegat_text.h"

namespace yizhan::exchange {

namespace {

constexpr std::size_t kMaxFolderNameBytes = 100;
constexpr int kMaxDepth = 16;

/// What of the file is read: the text of the elements inside <project>.
struct Settings {
  XML_Parser parser = nullptr;
  int depth = 0;
  bool is_omegat = false;
  std::string element;
  std::map<std::string, std::string> values;
  std::string refusal;
};

void refuse(Settings* settings, std::string why) {
  if (!settings->refusal.empty()) return;
  settings->refusal = std::move(why);
  XML_StopParser(settings->parser, XML_FALSE);
}

void on_start(void* user, const XML_Char* name, const XML_Char**) {
  auto* settings = static_cast<Settings*>(user);
  ++settings->depth;
  if (settings->depth == 1) settings->is_omegat = std::string_view(name) == "omegat";
  if (settings->depth == 3) settings->element = name;
  if (settings->depth > kMaxDepth) refuse(settings, "elements are nested too deep");
}

void on_end(void* user, const XML_Char*) {
  auto* settings = static_cast<Settings*>(user);
  if (settings->depth-- == 3) settings->element.clear();
}

void on_text(void* user, const XML_Char* text, int size) {
  auto* settings = static_cast<Settings*>(user);
  if (settings->depth != 3) return;
  settings->values[settings->element].append(text, static_cast<std::size_t>(size));
}

void on_doctype(void* user, const XML_Char*, const XML_Char*, const XML_Char*, int) {
  refuse(static_cast<Settings*>(user), "it has a document type, which OmegaT never writes");
}

Result<std::map<std::string, std::string>> read_settings(std::string_view xml,
                                                         const std::string& where) {
  if (xml.size() > kMaxOmegatProjectBytes) {
    return Error{Code::kLimit, where + " is over the limit of " +
                                   std::to_string(kMaxOmegatProjectBytes) + " bytes"};
  }
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreate(nullptr), &XML_ParserFree);
  Settings settings;
  settings.parser = parser.get();
  XML_SetUserData(parser.get(), &settings);
  XML_SetElementHandler(parser.get(), on_start, on_end);
  XML_SetCharacterDataHandler(parser.get(), on_text);
  XML_SetStartDoctypeDeclHandler(parser.get(), on_doctype);
  const bool parsed =
      XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), 1) == XML_STATUS_OK;
  const std::string at = where + ":" + std::to_string(XML_GetCurrentLineNumber(parser.get()));
  if (!settings.refusal.empty()) return Error{Code::kInvalid, at + ": " + settings.refusal};
  if (!parsed) {
    return Error{Code::kInvalid,
                 at + ": no XML: " + XML_ErrorString(XML_GetErrorCode(parser.get()))};
  }
  if (!settings.is_omegat) {
    return Error{Code::kInvalid, where + ": its root is not <omegat>; this is no OmegaT project"};
  }
  return std::move(settings.values);
}

/// "/a/b/../c/." → "/a/c".
std::string normal_path(const std::string& path) {
  std::vector<std::string_view> parts;
  for (std::size_t from = 0; from <= path.size();) {
    const std::size_t end = std::min(path.find('/', from), path.size());
    const std::string_view part = std::string_view(path).substr(from, end - from);
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
    from = end + 1;
  }
  std::string normal;
  for (const std::string_view part : parts) normal.append("/").append(part);
  return normal.empty() ? "/" : normal;
}

std::string resolve(const std::map<std::string, std::string>& values, const char* key,
                    const std::string& folder, const std::string& fallback) {
  const auto found = values.find(key);
  std::string set = found == values.end() ? "" : std::string(trimmed(found->second));
  if (set.empty() || set == "__DEFAULT__") return fallback;
  std::replace(set.begin(), set.end(), '\\', '/');
  return normal_path(set.front() == '/' ? set : folder + "/" + set);
}

Result<std::string> language_of(const std::map<std::string, std::string>& values, const char* key,
                                const std::string& where) {
  const auto found = values.find(key);
  const std::string tag = found == values.end() ? "" : std::string(trimmed(found->second));
  std::string language = omegat_language(tag);
  if (!language.empty()) return language;
  return Error{Code::kInvalid,
               where + ": <" + key + "> is '" + tag.substr(0, 40) + "', which is no language"};
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

Result<OmegatProject> parse_omegat_project(std::string_view xml, const std::string& folder) {
  const std::string where = folder + "/" + std::string(kOmegatProjectFile);
  TRY_ASSIGN(const auto values, read_settings(xml, where));
  TRY_ASSIGN(const std::string source_lang, language_of(values, "source_lang", where));
  TRY_ASSIGN(const std::string target_lang, language_of(values, "target_lang", where));
  TRY_ASSIGN(OmegatProject project, default_omegat_project(folder, source_lang, target_lang));
  const std::string& top = project.folder;
  project.source_dir = resolve(values, "source_dir", top, project.source_dir);
  project.target_dir = resolve(values, "target_dir", top, project.target_dir);
  project.tm_dir = resolve(values, "tm_dir", top, project.tm_dir);
  project.glossary_dir = resolve(values, "glossary_dir", top, project.glossary_dir);
  project.dictionary_dir = resolve(values, "dictionary_dir", top, project.dictionary_dir);
  // OmegaT 3.6 has no such setting and appends to glossary.txt; newer ones say which file.
  project.glossary_file =
      resolve(values, "glossary_file", top, project.glossary_dir + "/glossary.txt");
  return project;
}

Result<OmegatProject> default_omegat_project(const std::string& folder,
                                             std::string_view source_lang,
                                             std::string_view target_lang) {
  OmegatProject project;
  project.folder = normal_path(folder);
  project.name = project.folder.substr(project.folder.rfind('/') + 1);
  project.source_lang = omegat_language(source_lang);
  project.target_lang = omegat_language(target_lang);
  for (const auto& [tag, language] :
       {std::pair(source_lang, project.source_lang), std::pair(target_lang, project.target_lang)}) {
    if (!language.empty()) continue;
    return Error{Code::kInvalid, "an OmegaT project in " + folder + ": '" +
                                     std::string(tag.substr(0, 40)) +
                                     "' is no language; write it as zh-CN"};
  }
  project.source_dir = project.folder + "/source";
  project.target_dir = project.folder + "/target";
  project.tm_dir = project.folder + "/tm";
  project.glossary_dir = project.folder + "/glossary";
  project.dictionary_dir = project.folder + "/dictionary";
  project.glossary_file = project.glossary_dir + "/glossary.txt";
  return project;
}

std::string omegat_project_text(const OmegatProject& project) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
         "<omegat>\n"
         "    <project version=\"1.0\">\n"
         "        <source_dir>__DEFAULT__</source_dir>\n"
         "        <target_dir>__DEFAULT__</target_dir>\n"
         "        <tm_dir>__DEFAULT__</tm_dir>\n"
         "        <glossary_dir>__DEFAULT__</glossary_dir>\n"
         "        <dictionary_dir>__DEFAULT__</dictionary_dir>\n"
         "        <source_lang>" +
         escaped(project.source_lang) +
         "</source_lang>\n"
         "        <target_lang>" +
         escaped(project.target_lang) +
         "</target_lang>\n"
         "        <sentence_seg>true</sentence_seg>\n"
         "        <support_default_translations>true</support_default_translations>\n"
         "        <remove_tags>false</remove_tags>\n"
         "    </project>\n"
         "</omegat>\n";
}

std::vector<std::string> omegat_folders(const OmegatProject& project) {
  return {project.folder,         project.source_dir,     project.target_dir,
          project.tm_dir,         project.our_tm(),       project.glossary_dir,
          project.our_glossary(), project.dictionary_dir, project.folder + "/omegat",
          project.temporary()};
}

std::string omegat_folder_name(std::string_view name) {
  std::string out;
  for (const char c : trimmed(name)) {
    const bool odd = static_cast<unsigned char>(c) < 0x20 || c == 0x7F ||
                     std::string_view("/\\:*?\"<>|").find(c) != std::string_view::npos;
    out += odd ? '_' : c;
  }
  out.resize(utf8_prefix(out, kMaxFolderNameBytes));
  while (!out.empty() && (out.back() == '.' || out.back() == ' ')) out.pop_back();
  if (out.empty()) return "project";
  if (out.front() == '.' || out.front() == '-') out.front() = '_';
  return out;
}

}  // namespace yizhan::exchange
