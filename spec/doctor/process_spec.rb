# frozen_string_literal: true

require "open3"
require "rbconfig"

RSpec.describe LlmRouter::Doctor, "and the process that runs it" do
  # Runs the code in a process of its own.
  # @return [Array(String, String, Integer)] standard output, standard error, the status
  def ruby(code)
    lib = File.expand_path("../../lib", __dir__)
    limit = ["timeout", "--signal=KILL", "60"]
    out, err, status = Open3.capture3(*limit, RbConfig.ruby, "-I", lib, "-r", "llm_router", "-e", code)
    [out, err, status.exitstatus]
  end

  it "has one JSON document on standard output, whatever the app prints meanwhile" do
    out, err, = ruby(<<~RUBY)
      require "llm_router/rails/json_output"
      require "logger"
      log = Logger.new(STDOUT)
      LlmRouter::JsonOutput.reserve
      log.warn("of the app")
      puts "booted"
      system("echo", "a child")
      LlmRouter::JsonOutput.reserve
      LlmRouter::JsonOutput.print({ ok: true })
    RUBY
    expect(JSON.parse(out)).to eq("ok" => true)
    expect(err).to match(/of the app.*booted.*a child|of the app.*a child.*booted/m)
    expect(ruby(<<~RUBY).first).to eq("{\n  \"a\": 1\n}\nnext\n")
      require "llm_router/rails/json_output"
      LlmRouter::JsonOutput.reserve
      LlmRouter::JsonOutput.print({ a: 1 })
      puts "next"
    RUBY
  end

  { "exit(1)" => 1, "exit" => 0, "" => 0, "raise 'no'" => 1 }.each do |last, status|
    it "exits with #{status} after #{last.inspect}, although a check hangs where nothing interrupts it" do
      expect(ruby(<<~RUBY)).to match([/\Areport$/, /\A(?!.*report)/, status])
        require "llm_router/doctor"
        hanging = Class.new(LlmRouter::Doctor::Check) do
          const_set(:LIMIT, 0.05)
          def self.title = "x"
          define_method(:examine) { Thread.handle_interrupt(Object => :never) { loop { sleep } } }
        end
        LlmRouter::Doctor::Runner.new([hanging], LlmRouter.config).report
        puts "report"
        LlmRouter::Doctor.leave_threads
        #{last}
      RUBY
    end
  end
end
