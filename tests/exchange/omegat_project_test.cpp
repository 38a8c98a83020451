#include "exchange/omegat_project.h"

#include <catch2/catch.hpp>

using namespace yizhan;
using namespace yizhan::exchange;

namespace {

std::string project_xml(const std::string& inside) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<omegat>\n"
         "<project version=\"1.0\">\n" +
         inside + "</project>\n</omegat>\n";
}

const std::string kLanguages = "<source_lang>en-US</source_lang><target_lang>zh-CN</target_lang>";

}  // namespace

TEST_CASE("the project file that we write reads back as the default layout") {
  const auto made = default_omegat_project("/home/li/HL 手册/", "en_us", "ZH-cn");
  REQUIRE(made.ok());
  CHECK(made->folder == "/home/li/HL 手册");
  CHECK(made->name == "HL 手册");
  CHECK(made->source_lang == "en-US");
  const auto read = parse_omegat_project(omegat_project_text(*made), made->folder);
  REQUIRE(read.ok());
  CHECK(read->target_lang == "zh-CN");
  CHECK(read->tm_dir == "/home/li/HL 手册/tm");
  CHECK(read->our_glossary() == "/home/li/HL 手册/glossary/yizhan");
  CHECK(read->export_file() == "/home/li/HL 手册/HL 手册-omegat.tmx");
  CHECK(read->glossary_file == "/home/li/HL 手册/glossary/glossary.txt");
  CHECK(omegat_folders(*read) == omegat_folders(*made));
}

TEST_CASE("folder settings are defaults, relative, absolute or of Windows") {
  const auto read = parse_omegat_project(
      project_xml("<source_dir>../shared/in/</source_dir><target_dir>__DEFAULT__</target_dir>"
                  "<tm_dir>/srv/tm/</tm_dir><glossary_dir>terms\\en</glossary_dir>"
                  "<glossary_file>terms/en/mine.txt</glossary_file>" +
                  kLanguages),
      "/p/x");
  REQUIRE(read.ok());
  CHECK(read->source_dir == "/p/shared/in");
  CHECK(read->target_dir == "/p/x/target");
  CHECK(read->tm_dir == "/srv/tm");
  CHECK(read->glossary_dir == "/p/x/terms/en");
  CHECK(read->glossary_file == "/p/x/terms/en/mine.txt");
  CHECK(read->dictionary_dir == "/p/x/dictionary");
}

TEST_CASE("what is no project file is refused, and says where") {
  const auto message = [](const std::string& text) {
    const auto read = parse_omegat_project(text, "/p");
    REQUIRE_FALSE(read.ok());
    return read.error().message;
  };
  CHECK(message("").find("no XML") != std::string::npos);
  CHECK(message("<omegat><project>").find("/p/omegat.project:1") == 0);
  CHECK(message("<html/>").find("<omegat>") != std::string::npos);
  CHECK(message("<!DOCTYPE omegat [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>" +
                project_xml(kLanguages))
            .find("document type") != std::string::npos);
  CHECK(message(project_xml("<source_lang>en</source_lang>")).find("target_lang") !=
        std::string::npos);
  CHECK(message(project_xml("<source_lang>!</source_lang><target_lang>zh</target_lang>"))
            .find("'!'") != std::string::npos);
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "<a>";
  CHECK(message(deep).find("deep") != std::string::npos);
  CHECK_FALSE(parse_omegat_project(std::string(kMaxOmegatProjectBytes + 1, ' '), "/p").ok());
}

TEST_CASE("languages get the form that OmegaT matches") {
  CHECK(omegat_language("zh_cn") == "zh-CN");
  CHECK(omegat_language("zho-CN") == "zh-CN");
  CHECK(omegat_language("eng") == "en");
  CHECK(omegat_language("zh-hans-cn") == "zh-Hans-CN");
  CHECK(omegat_language("").empty());
  CHECK(omegat_language("chinese!").empty());
}

TEST_CASE("Traditional Chinese never goes into a Simplified project, nor the other way") {
  for (const char* tag : {"zh", "zh-CN", "zh-Hans", "zh-Hans-CN", "zh_cn"}) {
    INFO(tag);
    CHECK(omegat_language_fits(tag, "zh-CN", false));
  }
  for (const char* tag : {"zh-TW", "zh-HK", "zh-Hant", "zh-SG", "en", "", "zz"}) {
    INFO(tag);
    CHECK_FALSE(omegat_language_fits(tag, "zh-CN", false));
  }
  CHECK_FALSE(omegat_language_fits("zh-CN", "zh-TW", false));
  CHECK_FALSE(omegat_language_fits("zh-TW", "zh-CN", true));
  CHECK(omegat_language_fits("en-GB", "en-US", true));
  CHECK_FALSE(omegat_language_fits("pt-PT", "pt-BR", false));
}

TEST_CASE("a project's folder can be made from what people call it") {
  CHECK(omegat_folder_name("HL-GEAR 2026") == "HL-GEAR 2026");
  CHECK(omegat_folder_name("../../etc/passwd") == "_._.._etc_passwd");
  CHECK(omegat_folder_name(" . ") == "project");
  CHECK(omegat_folder_name("-rf") == "_rf");
  CHECK(omegat_folder_name("a\nb") == "a_b");
  std::string chinese;
  for (int i = 0; i < 60; ++i) chinese += "译";
  CHECK(omegat_folder_name(chinese).size() == 99);
}
