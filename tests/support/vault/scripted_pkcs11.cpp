#include "tests/support/vault/scripted_pkcs11.h"

#include <algorithm>
#include <string_view>

namespace {

CK_RV login_answer = CKR_OK;
CK_FLAGS token_flags = 0;

CK_RV ok_initialize(void* /*arguments*/) { return CKR_OK; }
CK_RV list_slots(unsigned char /*with_token*/, CK_SLOT_ID* slots, unsigned long* count) {
  if (slots != nullptr) slots[0] = 7;
  *count = 1;
  return CKR_OK;
}
CK_RV describe_token(CK_SLOT_ID /*slot*/, CK_TOKEN_INFO* info) {
  constexpr std::string_view label = "scripted";
  *info = {};
  std::fill(std::begin(info->label), std::end(info->label), ' ');
  std::copy(label.begin(), label.end(), std::begin(info->label));
  info->flags = CKF_TOKEN_INITIALIZED | CKF_LOGIN_REQUIRED | token_flags;
  return CKR_OK;
}
CK_RV describe_mechanism(CK_SLOT_ID /*slot*/, CK_MECHANISM_TYPE /*type*/, CK_MECHANISM_INFO* /*info*/) {
  return CKR_MECHANISM_INVALID;
}
CK_RV open_session(CK_SLOT_ID /*slot*/, CK_FLAGS /*flags*/, void* /*application*/, CK_NOTIFY /*notify*/,
                   CK_SESSION_HANDLE* session) {
  *session = 1;
  return CKR_OK;
}
CK_RV ok_session(CK_SESSION_HANDLE /*session*/) { return CKR_OK; }
CK_RV log_in(CK_SESSION_HANDLE /*session*/, CK_USER_TYPE /*user*/, unsigned char* /*pin*/, unsigned long /*size*/) {
  return login_answer;
}
CK_RV find_nothing_begin(CK_SESSION_HANDLE /*session*/, CK_ATTRIBUTE* /*wanted*/, unsigned long /*count*/) {
  return CKR_OK;
}
CK_RV find_nothing(CK_SESSION_HANDLE /*session*/, CK_OBJECT_HANDLE* /*found*/, unsigned long /*room*/,
                   unsigned long* count) {
  *count = 0;
  return CKR_OK;
}

CK_FUNCTION_LIST make_functions() {
  CK_FUNCTION_LIST functions{};
  functions.C_Initialize = ok_initialize;
  functions.C_GetSlotList = list_slots;
  functions.C_GetTokenInfo = describe_token;
  functions.C_GetMechanismInfo = describe_mechanism;
  functions.C_OpenSession = open_session;
  functions.C_CloseSession = ok_session;
  functions.C_Login = log_in;
  functions.C_Logout = ok_session;
  functions.C_FindObjectsInit = find_nothing_begin;
  functions.C_FindObjects = find_nothing;
  functions.C_FindObjectsFinal = ok_session;
  return functions;
}

}  // namespace

extern "C" {

CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  static CK_FUNCTION_LIST functions = make_functions();
  *list = &functions;
  return CKR_OK;
}

void script_pkcs11(CK_RV answer, CK_FLAGS flags) {
  login_answer = answer;
  token_flags = flags;
}

}  // extern "C"
