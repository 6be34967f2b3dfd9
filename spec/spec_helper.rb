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

  # `--tag ~slow` leaves out each example that takes about a second or more: those tagged :slow where they stand, those
  # of the benchmark, and those on a database server.
  config.define_derived_metadata(file_path: %r{benchmark/spec/}) { |metadata| metadata[:slow] = true }
  config.define_derived_metadata(:database) { |metadata| metadata[:slow] = true unless metadata[:database] == :sqlite }

  config.around { |example| Watchdog.watch(example) { SecondTry.run(example, self) } }
  config.after(:suite) { Skips.note(RSpec.world.all_examples, ENV["SKIPS"]) if ENV["SKIPS"] }

  config.after do
    LlmRouter.testing_off! if LlmRouter.respond_to?(:testing_off!)
    LlmRouter.reset_configuration!
    LlmRouter.reset_health!
    @gateway&.stop
  end
end
