//===- CInterfaceTest.cpp - Tests of the C interface ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "moec/Runtime/Runtime.h"
#include "moec/Runtime/Version.h"
#include "test/runtime/TestSupport.h"

using namespace moec::rt::test;

extern "C" int moec_test_run_from_c(const char *path,
                                    const unsigned char *image, float *logits);

static const std::string toyPath = std::string(MOEC_TEST_MODULES) + "/toy.moec";

namespace {
class CInterface : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_EQ(moec_module_load(toyPath.c_str(), &module), MOEC_OK)
        << moec_error_message();
    ASSERT_EQ(moec_session_create(module, nullptr, &session), MOEC_OK);
  }
  void TearDown() override {
    moec_session_free(session);
    moec_module_free(module);
  }
  moec_module *module = nullptr;
  moec_session *session = nullptr;
};
} // namespace

TEST_F(CInterface, RunsFromC) {
  std::vector<unsigned char> image(80, 255);
  std::vector<float> logits(15, -1);
  ASSERT_EQ(moec_test_run_from_c(toyPath.c_str(), image.data(), logits.data()),
            0)
      << moec_error_message();
  for (int i = 0; i < 15; ++i)
    EXPECT_EQ(logits[i], float(16 * (i % 3)));
}

TEST_F(CInterface, ListsWhatThereIs) {
  EXPECT_STREQ(moec_module_name(module), "toy");
  EXPECT_EQ(moec_module_entry_count(module), 5);
  EXPECT_STREQ(moec_module_entry_name(module, 2), "train_step");
  EXPECT_EQ(moec_module_entry_batch(module, 0), 5);
  EXPECT_EQ(moec_module_input_count(module, 2), 5);
  EXPECT_EQ(moec_module_output_count(module, 2), 2);
  EXPECT_EQ(moec_module_variable_count(module), 4);
  moec_tensor_info info;
  ASSERT_EQ(moec_module_input(module, 0, 0, &info), MOEC_OK);
  EXPECT_STREQ(info.name, "image");
  EXPECT_EQ(info.dtype, MOEC_U8);
  EXPECT_EQ(info.rank, 4);
  EXPECT_EQ(info.shape[1], 4);
  EXPECT_EQ(info.bytes, 80);
  ASSERT_EQ(moec_module_variable(module, 1, &info), MOEC_OK);
  EXPECT_STREQ(info.name, "bias");
  EXPECT_EQ(info.bytes, 12);
  EXPECT_EQ(info.dtype, MOEC_F32);
  EXPECT_STREQ(moec_module_variable_role(module, 1), "parameter");
  EXPECT_STREQ(moec_module_variable_role(module, 2), "moment");
  EXPECT_EQ(moec_module_variable_role(module, 4), nullptr);
  EXPECT_EQ(moec_module_variable_role(module, -1), nullptr);
}

TEST_F(CInterface, ErrorsHaveTexts) {
  moec_module *none = module;
  EXPECT_EQ(moec_module_load("/nowhere/x.moec", &none), MOEC_ERROR);
  EXPECT_EQ(none, nullptr);
  EXPECT_NE(std::string(moec_error_message()).find("cannot open module"),
            std::string::npos);
  EXPECT_EQ(moec_session_run(session, 9), MOEC_ERROR);
  EXPECT_STREQ(moec_error_message(),
               "entry 9 does not exist: the module has 5");
  EXPECT_EQ(moec_session_run(session, -1), MOEC_ERROR);
  char byte = 0;
  EXPECT_EQ(moec_session_set_input(session, 0, "image", &byte, 1), MOEC_ERROR);
  EXPECT_EQ(moec_session_get_output(session, 0, "logits", &byte, 1),
            MOEC_ERROR);
  EXPECT_EQ(moec_session_get_output(session, 0, "none", &byte, 1), MOEC_ERROR);
  moec_tensor_info info;
  EXPECT_EQ(moec_module_output(module, 0, 1, &info), MOEC_ERROR);
  void *data = nullptr;
  EXPECT_EQ(moec_session_input_data(session, 0, 7, &data), MOEC_ERROR);
  EXPECT_EQ(moec_module_entry_name(module, 5), nullptr);
  EXPECT_EQ(moec_module_find_entry(module, "infer", 6), -1);
  moec_session *other = nullptr;
  moec_session_options options = {};
  options.threads = -1;
  EXPECT_EQ(moec_session_create(module, &options, &other), MOEC_ERROR);
  EXPECT_EQ(moec_session_prepare(session, 0), MOEC_OK);
  EXPECT_STREQ(moec_error_message(), "");
}

TEST_F(CInterface, LabelsAreClasses) {
  void *labels = nullptr;
  ASSERT_EQ(moec_session_input_data(session, 2, 1, &labels), MOEC_OK);
  static_cast<int32_t *>(labels)[7] = 3;
  EXPECT_EQ(moec_session_run(session, 2), MOEC_ERROR);
  EXPECT_STREQ(moec_error_message(),
               "input \"label\" of entry train_step: label 3 at index 7 is out "
               "of range: the model has 3 classes (0 to 2)");
  static_cast<int32_t *>(labels)[7] = 2;
  EXPECT_EQ(moec_session_run(session, 2), MOEC_OK);
}

TEST_F(CInterface, Version) {
  EXPECT_STREQ(moec_version(), MOEC_VERSION);
  EXPECT_EQ(std::string(moec_version_details()).rfind("moec " MOEC_VERSION, 0),
            0u);
}

TEST_F(CInterface, NullIsAnError) {
  auto refused = [](const char *argument) {
    std::string text = moec_error_message();
    return text == std::string("the argument \"") + argument + "\" is null";
  };
  moec_module *noModule = module;
  EXPECT_EQ(moec_module_load(nullptr, &noModule), MOEC_ERROR);
  EXPECT_TRUE(refused("path"));
  EXPECT_EQ(noModule, nullptr);
  EXPECT_EQ(moec_module_load(toyPath.c_str(), nullptr), MOEC_ERROR);
  EXPECT_TRUE(refused("module"));
  moec_module_free(nullptr);
  EXPECT_STREQ(moec_module_name(nullptr), "");
  EXPECT_TRUE(refused("module"));
  EXPECT_STREQ(moec_module_manifest(nullptr), "");
  EXPECT_EQ(moec_module_entry_count(nullptr), 0);
  EXPECT_EQ(moec_module_entry_name(nullptr, 0), nullptr);
  EXPECT_EQ(moec_module_entry_batch(nullptr, 0), 0);
  EXPECT_EQ(moec_module_find_entry(nullptr, "infer", 0), -1);
  EXPECT_EQ(moec_module_find_entry(module, nullptr, 0), -1);
  EXPECT_TRUE(refused("name"));
  EXPECT_EQ(moec_module_input_count(nullptr, 0), 0);
  EXPECT_EQ(moec_module_output_count(nullptr, 0), 0);
  EXPECT_EQ(moec_module_variable_count(nullptr), 0);
  EXPECT_EQ(moec_module_variable_role(nullptr, 0), nullptr);
  moec_tensor_info info;
  EXPECT_EQ(moec_module_input(nullptr, 0, 0, &info), MOEC_ERROR);
  EXPECT_EQ(moec_module_input(module, 0, 0, nullptr), MOEC_ERROR);
  EXPECT_TRUE(refused("info"));
  EXPECT_EQ(moec_module_output(nullptr, 0, 0, &info), MOEC_ERROR);
  EXPECT_EQ(moec_module_output(module, 0, 0, nullptr), MOEC_ERROR);
  EXPECT_EQ(moec_module_variable(nullptr, 0, &info), MOEC_ERROR);
  EXPECT_EQ(moec_module_variable(module, 0, nullptr), MOEC_ERROR);
  moec_session *none = session;
  EXPECT_EQ(moec_session_create(nullptr, nullptr, &none), MOEC_ERROR);
  EXPECT_EQ(none, nullptr);
  EXPECT_EQ(moec_session_create(module, nullptr, nullptr), MOEC_ERROR);
  EXPECT_TRUE(refused("session"));
  moec_session_free(nullptr);
  EXPECT_STREQ(moec_session_device(nullptr), "");
  EXPECT_EQ(moec_session_init_variables(nullptr, 1), MOEC_ERROR);
  EXPECT_EQ(moec_session_load_weights(nullptr, "w"), MOEC_ERROR);
  EXPECT_EQ(moec_session_load_weights(session, nullptr), MOEC_ERROR);
  EXPECT_EQ(moec_session_save_weights(nullptr, "w"), MOEC_ERROR);
  EXPECT_EQ(moec_session_save_weights(session, nullptr), MOEC_ERROR);
  void *values = nullptr;
  EXPECT_EQ(moec_session_variable_data(nullptr, 0, &values), MOEC_ERROR);
  EXPECT_EQ(moec_session_variable_data(session, 0, nullptr), MOEC_ERROR);
  EXPECT_EQ(moec_session_variable_data(session, 4, &values), MOEC_ERROR);
  EXPECT_EQ(moec_session_prepare(nullptr, 0), MOEC_ERROR);
  EXPECT_EQ(moec_session_set_input(nullptr, 0, "image", &info, 80), MOEC_ERROR);
  EXPECT_EQ(moec_session_set_input(session, 0, nullptr, &info, 80), MOEC_ERROR);
  EXPECT_EQ(moec_session_set_input(session, 0, "image", nullptr, 80),
            MOEC_ERROR);
  EXPECT_TRUE(refused("data"));
  EXPECT_EQ(moec_session_run(nullptr, 0), MOEC_ERROR);
  double seconds = 0;
  int64_t launches = 0;
  EXPECT_EQ(moec_session_run_timed(nullptr, 0, 1, &seconds), MOEC_ERROR);
  EXPECT_EQ(moec_session_run_timed(session, 0, 1, nullptr), MOEC_ERROR);
  EXPECT_EQ(moec_session_run_timed(session, 0, 0, nullptr), MOEC_OK);
  EXPECT_EQ(moec_session_take_kernel_cost(nullptr, 0, &launches, &seconds),
            MOEC_ERROR);
  EXPECT_EQ(moec_session_take_kernel_cost(session, 0, nullptr, &seconds),
            MOEC_ERROR);
  EXPECT_EQ(moec_session_take_kernel_cost(session, 0, &launches, nullptr),
            MOEC_ERROR);
  EXPECT_EQ(moec_session_get_output(nullptr, 0, "logits", &info, 60),
            MOEC_ERROR);
  EXPECT_EQ(moec_session_get_output(session, 0, nullptr, &info, 60),
            MOEC_ERROR);
  EXPECT_EQ(moec_session_get_output(session, 0, "logits", nullptr, 60),
            MOEC_ERROR);
  void *data = nullptr;
  const void *output = nullptr;
  EXPECT_EQ(moec_session_input_data(nullptr, 0, 0, &data), MOEC_ERROR);
  EXPECT_EQ(moec_session_input_data(session, 0, 0, nullptr), MOEC_ERROR);
  EXPECT_EQ(moec_session_output_data(nullptr, 0, 0, &output), MOEC_ERROR);
  EXPECT_EQ(moec_session_output_data(session, 0, 0, nullptr), MOEC_ERROR);
  EXPECT_TRUE(refused("data"));
}

TEST_F(CInterface, DevicesAndTimes) {
  EXPECT_EQ(std::string(moec_session_device(session)).rfind("CPU, ", 0), 0u);
  double seconds[3] = {-1, -1, -1};
  int64_t launches = 0;
  ASSERT_EQ(moec_session_run_timed(session, 0, 3, seconds), MOEC_OK);
  for (double s : seconds)
    EXPECT_GE(s, 0);
  EXPECT_EQ(moec_session_take_kernel_cost(session, 5, &launches, seconds),
            MOEC_ERROR);
  EXPECT_NE(std::string(moec_error_message()).find("without profile"),
            std::string::npos);
  moec_session_options options = {};
  options.profile = 1;
  moec_session *profiled = nullptr;
  ASSERT_EQ(moec_session_create(module, &options, &profiled), MOEC_OK);
  ASSERT_EQ(moec_session_run_timed(profiled, 0, 3, seconds), MOEC_OK);
  ASSERT_EQ(moec_session_take_kernel_cost(profiled, 5, &launches, seconds),
            MOEC_OK);
  EXPECT_EQ(launches, 3);
  ASSERT_EQ(moec_session_take_kernel_cost(profiled, 5, &launches, seconds),
            MOEC_OK);
  EXPECT_EQ(launches, 0);
  EXPECT_EQ(moec_session_take_kernel_cost(profiled, 7, &launches, seconds),
            MOEC_ERROR);
  moec_session_free(profiled);
  options.device = "tpu";
  EXPECT_EQ(moec_session_create(module, &options, &profiled), MOEC_ERROR);
  options.device = "ptxsim";
  EXPECT_EQ(moec_session_create(module, &options, &profiled), MOEC_ERROR);
  EXPECT_NE(std::string(moec_error_message()).find("use --device cpu"),
            std::string::npos);
}

TEST_F(CInterface, WeightsGoRound) {
  TemporaryFolder folder;
  std::string path = folder / "w.safetensors";
  ASSERT_EQ(moec_session_init_variables(session, 5), MOEC_OK);
  ASSERT_EQ(moec_session_save_weights(session, path.c_str()), MOEC_OK);
  void *values = nullptr;
  ASSERT_EQ(moec_session_variable_data(session, 0, &values), MOEC_OK);
  auto *data = static_cast<float *>(values);
  float first = data[0];
  EXPECT_NE(first, 0.0f);
  data[0] = 77;
  ASSERT_EQ(moec_session_load_weights(session, path.c_str()), MOEC_OK);
  EXPECT_EQ(data[0], first);
  EXPECT_EQ(moec_session_load_weights(session, (folder / "none").c_str()),
            MOEC_ERROR);
  EXPECT_EQ(moec_session_save_weights(session, "/nowhere/at/all"), MOEC_ERROR);
}
