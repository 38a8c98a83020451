#include "broker/page_texts.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

namespace yizhan::broker {

namespace {

struct Pair {
  std::string_view en;
  std::string_view zh;
  std::string_view in(Language language) const { return language == Language::kChinese ? zh : en; }
};

constexpr std::array<Pair, static_cast<std::size_t>(Text::kCount)> kTexts = {{
    {"中文", "English"},
    {"From", "来自"},
    {"Attachments", "附件"},
    {"The files come with the message itself.", "文件随消息一同送达。"},
    {"Waiting for your answer", "等待您的答复"},
    {"Already answered: ", "已经答复："},
    {"Opening this page answers nothing: only a button does.", "打开本页不算答复，点击按钮才算。"},
    {"Thank you. Your answer has arrived.", "谢谢，您的答复已收到。"},
    {"It has been recorded and passed on. You can close this page.",
     "答复已记录并转达，您可以关闭本页。"},
    {"This link has expired", "链接已过期"},
    {"The time for an answer is over, and nothing has been recorded. Please ask the sender.",
     "答复期限已过，没有记录任何答复。请联系发送人。"},
    {"This link is no longer needed", "链接已撤销"},
    {"The sender has withdrawn the question, and nothing has been recorded.",
     "发送人已撤回此请求，没有记录任何答复。"},
}};
static_assert(!kTexts.back().en.empty() && !kTexts.back().zh.empty());

struct State {
  std::string_view name;
  Pair button;
  Pair done;
};
constexpr State kStates[] = {
    {"acknowledged", {"I have seen it", "已知悉"}, {"Acknowledged", "已知悉"}},
    {"opened", {"I have read it", "已阅读"}, {"Read", "已阅读"}},
    {"accepted", {"Accept", "接受"}, {"Accepted", "已接受"}},
    {"declined", {"Decline", "拒绝"}, {"Declined", "已拒绝"}},
    {"started", {"I have started", "已开始"}, {"Started", "已开始"}},
    {"completed", {"I have finished", "已完成"}, {"Finished", "已完成"}},
    {"approved", {"Approve", "批准"}, {"Approved", "已批准"}},
    {"rejected", {"Reject", "退回"}, {"Rejected", "已退回"}},
    {"delivered", {"It has arrived", "已送达"}, {"Arrived", "已送达"}},
    {"replied", {"I have replied", "已回复"}, {"Replied", "已回复"}},
};

struct Field {
  std::string_view name;
  Pair label;
};
constexpr Field kFields[] = {
    {"kind", {"Kind", "类型"}},
    {"priority", {"Priority", "优先级"}},
    {"created", {"Written", "撰写时间"}},
    {"expires", {"Valid until", "有效期至"}},
    {"project.id", {"Project", "项目"}},
    {"project.name", {"Project name", "项目名称"}},
    {"project.client", {"Client", "客户"}},
    {"project.domain", {"Domain", "领域"}},
    {"job.id", {"Job", "任务编号"}},
    {"job.type", {"Work", "工作类型"}},
    {"job.step", {"Step", "步骤"}},
    {"job.source_lang", {"From language", "原文语言"}},
    {"job.target_lang", {"Into language", "译文语言"}},
    {"languages", {"Languages", "语言"}},
    {"job.start", {"Start", "开始时间"}},
    {"job.due", {"Due", "截止时间"}},
    {"job.pm", {"Project manager", "项目经理"}},
    {"job.pm_contact", {"Contact", "联系方式"}},
    {"job.tool", {"Tool", "工具"}},
    {"job.confidentiality", {"Confidentiality", "保密要求"}},
    {"offer.rate", {"Rate", "单价"}},
    {"offer.amount", {"Amount", "金额"}},
    {"offer.currency", {"Currency", "币种"}},
    {"offer.expires", {"Offer ends", "报价截止"}},
    {"count.total", {"Volume", "工作量"}},
    {"count.weighted", {"Weighted volume", "加权工作量"}},
    {"count.unit", {"Unit", "单位"}},
    {"instructions.text", {"Instructions", "要求"}},
    {"question.category", {"Question about", "问题类别"}},
    {"question.severity", {"Severity", "严重程度"}},
    {"question.blocking", {"Blocks the work", "是否阻塞"}},
    {"question.file", {"File", "文件"}},
    {"question.segment", {"Segment", "句段"}},
    {"question.source", {"Source text", "原文"}},
    {"question.target", {"Translation", "译文"}},
    {"question.text", {"Question", "问题"}},
    {"question.needed_by", {"Answer needed by", "需答复时间"}},
    {"challenge.subject", {"Challenge of", "质疑对象"}},
    {"challenge.original", {"Original", "原内容"}},
    {"challenge.proposed", {"Proposed", "建议"}},
    {"challenge.reason", {"Reason", "理由"}},
    {"reply.decision", {"Decision", "决定"}},
    {"reply.text", {"Reply", "回复"}},
    {"guidance.topic", {"Topic", "主题"}},
    {"guidance.text", {"Guidance", "指导"}},
};

struct Value {
  std::string_view field;
  std::string_view value;
  Pair word;
};
constexpr Value kValues[] = {
    {"kind", "task", {"Task", "任务"}},
    {"kind", "question", {"Question", "提问"}},
    {"kind", "challenge", {"Challenge", "质疑"}},
    {"kind", "reply", {"Reply", "回复"}},
    {"kind", "guidance", {"Guidance", "指导"}},
    {"kind", "data", {"Data", "数据"}},
    {"kind", "command", {"Operation", "操作"}},
    {"priority", "low", {"Low", "低"}},
    {"priority", "normal", {"Normal", "普通"}},
    {"priority", "high", {"High", "高"}},
    {"priority", "urgent", {"Urgent", "紧急"}},
    {"job.type", "translate", {"Translation", "翻译"}},
    {"job.type", "mtpe", {"Post-editing", "译后编辑"}},
    {"job.type", "revise", {"Revision", "审校"}},
    {"job.type", "review", {"Review", "审阅"}},
    {"job.type", "proofread", {"Proofreading", "校对"}},
    {"job.type", "terminology", {"Terminology", "术语"}},
    {"job.type", "dtp", {"Layout", "排版"}},
    {"job.type", "sign_off", {"Sign-off", "签发"}},
    {"count.unit", "word", {"Words", "词"}},
    {"count.unit", "char", {"Characters", "字"}},
    {"question.category", "source_error", {"Error in the source", "原文错误"}},
    {"question.category", "terminology", {"Terminology", "术语"}},
    {"question.category", "context", {"Context", "上下文"}},
    {"question.category", "instruction", {"Instructions", "要求"}},
    {"question.category", "technical", {"Technical", "技术"}},
    {"question.category", "reference", {"Reference", "参考资料"}},
    {"question.category", "deadline", {"Deadline", "期限"}},
    {"question.severity", "neutral", {"Neutral", "无"}},
    {"question.severity", "minor", {"Minor", "轻微"}},
    {"question.severity", "major", {"Major", "严重"}},
    {"question.severity", "critical", {"Critical", "致命"}},
    {"question.blocking", "yes", {"Yes", "是"}},
    {"question.blocking", "no", {"No", "否"}},
};

struct Reason {
  int status;
  Pair title;
  Pair hint;
};
constexpr Reason kReasons[] = {
    {400,
     {"This answer could not be read", "无法读取此答复"},
     {"The page may have been open for more than an hour. Open the link again and use a button "
      "there.",
      "页面可能已打开超过一小时。请重新打开链接，再点击其中的按钮。"}},
    {404,
     {"There is nothing here", "此处没有内容"},
     {"Please check that the whole link was copied.", "请检查链接是否复制完整。"}},
    {408, {"The request took too long", "请求超时"}, {"Please try again.", "请重试。"}},
    {413,
     {"Too much was sent", "发送的内容过多"},
     {"Open the link again and use a button there.", "请重新打开链接，再点击其中的按钮。"}},
    {421,
     {"This is not the right address", "地址不对"},
     {"The relay is not known under this host name.", "本中继站不使用此主机名。"}},
    {429,
     {"Too many requests", "请求过于频繁"},
     {"Please wait a minute and try again.", "请稍候一分钟再试。"}},
    {503,
     {"The relay is busy", "中继站繁忙"},
     {"Nothing has been recorded. Please try again in a moment.",
      "没有记录任何内容，请稍后再试。"}},
};
/// For statuses that only programs see.
constexpr Reason kOtherReason = {0,
                                 {"This request is not understood", "无法理解此请求"},
                                 {"Open the link in a browser.", "请用浏览器打开链接。"}};

}  // namespace

std::string_view text_of(Text text, Language language) {
  return kTexts[static_cast<std::size_t>(text)].in(language);
}

StateWords words_of_state(std::string_view state, Language language) {
  const auto* found = std::find_if(std::begin(kStates), std::end(kStates),
                                   [&](const State& known) { return known.name == state; });
  if (found == std::end(kStates)) return {state, state};
  return {found->button.in(language), found->done.in(language)};
}

std::string_view label_of_field(std::string_view name, Language language) {
  const auto* found = std::find_if(std::begin(kFields), std::end(kFields),
                                   [&](const Field& known) { return known.name == name; });
  return found == std::end(kFields) ? name : found->label.in(language);
}

std::string_view word_of_value(std::string_view name, std::string_view value, Language language) {
  const auto* found = std::find_if(std::begin(kValues), std::end(kValues), [&](const Value& known) {
    return known.field == name && known.value == value;
  });
  return found == std::end(kValues) ? value : found->word.in(language);
}

StatusWords words_of_status(int status, Language language) {
  const auto* found = std::find_if(std::begin(kReasons), std::end(kReasons),
                                   [&](const Reason& known) { return known.status == status; });
  const Reason& reason = found == std::end(kReasons) ? kOtherReason : *found;
  return {reason.title.in(language), reason.hint.in(language)};
}

}  // namespace yizhan::broker
