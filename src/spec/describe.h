#pragma once

#include <string>

#include "component/fields.h"
#include "component/registry.h"

namespace thalweg::spec {

/// What stands for a field's value: "text", "list of columns" ...
std::string ShapeText(const component::FieldInfo& field);
/// The object that a field is, or that its elements are; null when it holds none.
const component::ObjectInfo* ObjectBelow(const component::FieldInfo& field);

/// "Source files", and "source-files" for file names.
std::string ComponentTitle(const component::Descriptor& descriptor);
std::string ComponentFile(const component::Descriptor& descriptor);

}  // namespace thalweg::spec
