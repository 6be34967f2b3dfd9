# frozen_string_literal: true

# Whatever the machine's locale: files are read as UTF-8, here and in the programs that specs start.
unless Encoding.default_external == Encoding::UTF_8
  Encoding.default_external = Encoding::UTF_8
  ENV["LC_ALL"] = "C.UTF-8"
end

require "stringio"
require "llm_router"
require "llm_router/testing/gateway"
Dir[File.join(__dir__, "support/*.rb")].each { |file| require file }

RSpec.configure do |config|
  config.disable_monkey_patching!
  config.order = :random
  Kernel.srand config.seed
  config.expect_with(:rspec) { |expectations| expectations.max_formatted_output_length = 1000 }
  config.include Support
  config.after do
    LlmRouter.testing_off! if LlmRouter.respond_to?(:testing_off!)
    LlmRouter.reset_configuration!
    LlmRouter.reset_health!
    @gateway&.stop
  end
end
