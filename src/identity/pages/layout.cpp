#include "identity/pages/layout.h"

#include <algorithm>

#include "protocol/routes.h"

namespace latchkey::identity {

namespace {

Html summary_line(const FieldError& error) {
  if (error.field_id.empty()) return render("<li>{sentence}</li>", {{"sentence", error.sentence}});
  return render("<li><a href=\"#{id}\">{sentence}</a></li>", {{"id", error.field_id}, {"sentence", error.sentence}});
}

Html error_summary(std::span<const FieldError> errors) {
  if (errors.empty()) return {};
  Html lines;
  for (const FieldError& error : errors) lines += summary_line(error);
  return render(
      "<div class=\"errors\" role=\"alert\" aria-labelledby=\"errors-title\" tabindex=\"-1\" autofocus>"
      "<h2 id=\"errors-title\">There is a problem</h2><ul>{lines}</ul></div>",
      {{"lines", lines}});
}

const FieldError* error_of(std::string_view id, std::span<const FieldError> errors) {
  const auto found = std::find_if(errors.begin(), errors.end(), [&](const FieldError& e) { return e.field_id == id; });
  return found == errors.end() ? nullptr : &*found;
}

Html described_by(std::string_view id, bool has_hint, bool has_error) {
  if (has_hint && has_error) return render(" aria-describedby=\"{id}-hint {id}-error\"", {{"id", id}});
  if (has_hint) return render(" aria-describedby=\"{id}-hint\"", {{"id", id}});
  if (has_error) return render(" aria-describedby=\"{id}-error\"", {{"id", id}});
  return {};
}

}  // namespace

Html document(std::string_view title, std::span<const FieldError> errors, const Html& content) {
  return render(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{prefix}{title} - "
      "Latchkey</title>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"stylesheet\" href=\"{style}\">\n</head>\n"
      "<body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n"
      "<header><p class=\"brand\">Latchkey</p></header>\n"
      "<main id=\"main\">\n{errors}<h1>{title}</h1>\n{content}\n</main>\n</body>\n</html>\n",
      {{"prefix", errors.empty() ? "" : "Error: "},
       {"title", title},
       {"style", protocol::routes::style_sheet},
       {"errors", error_summary(errors)},
       {"content", content}});
}

Html field(const Field& field, std::span<const FieldError> errors) {
  const FieldError* error = error_of(field.id, errors);
  Html hint_line, error_line;
  if (!field.hint.empty())
    hint_line = render("<p class=\"hint\" id=\"{id}-hint\">{hint}</p>", {{"id", field.id}, {"hint", field.hint}});
  if (error != nullptr)
    error_line = render("<p class=\"error\" id=\"{id}-error\"><span class=\"unseen\">Error: </span>{sentence}</p>",
                        {{"id", field.id}, {"sentence", error->sentence}});
  const Html focus = field.focused && errors.empty() ? render(" autofocus") : Html();
  const Html invalid = error != nullptr ? render(" aria-invalid=\"true\"") : Html();
  return render(
      "<div class=\"field\"><label for=\"{id}\">{label}</label>{hint}{error}"
      "<input id=\"{id}\" name=\"{id}\" type=\"{type}\" value=\"{value}\" autocomplete=\"{autocomplete}\" "
      "autocapitalize=\"none\" spellcheck=\"false\" required{described}{invalid}{focus}></div>\n",
      {{"id", field.id},
       {"label", field.label},
       {"hint", hint_line},
       {"error", error_line},
       {"type", field.type},
       {"value", field.value},
       {"autocomplete", field.autocomplete},
       {"described", described_by(field.id, !field.hint.empty(), error != nullptr)},
       {"invalid", invalid},
       {"focus", focus}});
}

Html hidden(std::string_view name, std::string_view value) {
  return render("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">\n", {{"name", name}, {"value", value}});
}

}  // namespace latchkey::identity
