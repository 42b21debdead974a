// How `latchkey bundle` prints releases, for people and as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "publish/bundle_reader.h"
#include "publish/release_builder.h"

namespace latchkey::app {

namespace release = protocol::release;

// "9.8 KB": powers of 1000, as bundlers print them.
std::string human_bytes(std::uint64_t bytes);

// Text that somebody else wrote (a file's name), with nothing in it that moves a cursor.
std::string printable(std::string_view text);

// What each object of a release costs, by the names of the releases it starts from; those of `history` are known.
std::string describe_objects(const release::ReleaseDescriptor& release,
                             const std::vector<release::ReleaseDescriptor>& history);
std::string objects_to_json(const release::ReleaseDescriptor& release);

// "release 1.4.2 (17) of com.example.shop, channel stable: 399 files, 18.1 MB"
std::string describe_head(const release::ReleaseDescriptor& release);
// The members of an object, without braces.
std::string head_to_json(const release::ReleaseDescriptor& release);

std::string describe(const publish::ReadReport& report);
std::string to_json(const publish::ReadReport& report);

}  // namespace latchkey::app
