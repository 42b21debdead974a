#include "identity/accounts/common_passwords.h"

#include <algorithm>
#include <array>

namespace latchkey::identity {

namespace {

using namespace std::string_view_literals;

constexpr std::array long_passwords = {
    "correcthorsebatterystaple"sv,
    "correct horse battery staple"sv,
    "thequickbrownfox"sv,
    "the quick brown fox"sv,
    "thequickbrownfoxjumps"sv,
    "iloveyouforever"sv,
    "iloveyousomuch"sv,
    "iloveyouverymuch"sv,
    "qwertyuiopasdfgh"sv,
    "qwertyuiopasdfghjkl"sv,
    "qwertyuiopasdfghjklzxcvbnm"sv,
    "qwertyuiop[]asdf"sv,
    "1qaz2wsx3edc4rfv"sv,
    "1qaz2wsx3edc4rfv5tgb"sv,
    "q1w2e3r4t5y6u7i8"sv,
    "1q2w3e4r5t6y7u8i"sv,
    "1q2w3e4r5t6y7u8i9o0p"sv,
    "zaq12wsxcde34rfv"sv,
    "asdfghjkl;'asdfg"sv,
    "asdfghjklqwertyuiop"sv,
    "letmeinletmeinletmein"sv,
    "trustno1trustno1"sv,
    "changemechangeme"sv,
    "nevergonnagiveyouup"sv,
    "maytheforcebewithyou"sv,
    "maythe4thbewithyou"sv,
    "administratoradministrator"sv,
    "administrator123"sv,
    "thisismypassword"sv,
    "mypasswordispassword"sv,
    "passwordpassword"sv,
    "yourpasswordhere"sv,
    "iforgotmypassword"sv,
    "passwort12345678"sv,
    "motdepassemotdepasse"sv,
    "contrasenacontrasena"sv,
    "jesuschristislord"sv,
    "liverpoolfootballclub"sv,
    "manchesterunited"sv,
    "unbelievable12345"sv,
    "abcdefghijklmnopqrstuvwxyz"sv,
    "thisisapassword"sv,
    "supersecretpassword"sv,
    "topsecretpassword"sv,
    "averylongpassword"sv,
    "averysecurepassword"sv,
    "pleaseletmeinnow"sv,
    "opensesameopensesame"sv,
};

constexpr std::array words = {
    "password"sv, "passw0rd"sv, "p@ssword"sv, "p@ssw0rd"sv, "passwort"sv, "qwerty"sv, "qwertyuiop"sv, "qwertz"sv,
    "azerty"sv,   "letmein"sv,  "welcome"sv,  "iloveyou"sv, "admin"sv,    "root"sv,   "dragon"sv,     "monkey"sv,
    "football"sv, "baseball"sv, "sunshine"sv, "princess"sv, "master"sv,   "shadow"sv, "superman"sv,   "batman"sv,
    "trustno1"sv, "changeme"sv, "secret"sv,   "login"sv,    "abc"sv,      "abcd"sv,   "asdfgh"sv,     "asdfghjkl"sv,
    "zxcvbnm"sv,  "michael"sv,  "jennifer"sv, "charlie"sv,  "test"sv,     "guest"sv,  "default"sv,    "latchkey"sv,
};

bool is_letter(char byte) { return (byte >= 'a' && byte <= 'z') || static_cast<unsigned char>(byte) >= 0x80; }

// What is left when every listed word is taken away must still be worth something: some letter of its own.
bool is_words_and_decoration(std::string_view text) {
  std::size_t found = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t longest = 0;
    for (const std::string_view word : words)
      if (text.substr(at, word.size()) == word) longest = std::max(longest, word.size());
    if (longest == 0 && is_letter(text[at])) return false;
    found += longest == 0 ? 0 : 1;
    at += std::max<std::size_t>(longest, 1);
  }
  return found > 0 && text.size() < 32;
}

}  // namespace

bool is_common_password(std::string_view lower_case) {
  return std::find(long_passwords.begin(), long_passwords.end(), lower_case) != long_passwords.end() ||
         is_words_and_decoration(lower_case);
}

}  // namespace latchkey::identity
