# frozen_string_literal: true

module Support
  # @return [Float] seconds that the block took by the wall clock
  def seconds
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    yield
    Process.clock_gettime(Process::CLOCK_MONOTONIC) - started
  end

  # Shows it where somebody wants to know: LLM_ROUTER_MEASURE=1 bin/bundle exec rspec spec/call/deadline_spec.rb
  # @return [Float] the seconds that it was given
  def measured(what, seconds)
    line = "  #{what}: #{(seconds * 1000).round(1)} ms"
    RSpec.configuration.reporter.message(line) if ENV["LLM_ROUTER_MEASURE"]
    seconds
  end
end
