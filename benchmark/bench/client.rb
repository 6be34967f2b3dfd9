# frozen_string_literal: true

require "json"
require "open3"
require "rbconfig"
require_relative "../../spec/support/stalls"
require_relative "database"
require_relative "scenarios"

module Bench
  # One way to make the calls, run in a process of its own.
  class Client
    ROOT = File.expand_path("../..", __dir__)
    RUNNER = File.join(__dir__, "runner.rb")
    CLASSES = { "llm_router" => "RouterClient", "llm_router_in_rails" => "RouterInRails",
                "llm_router_connected" => "RouterConnected", "llm_router_recorded" => "RouterRecorded",
                "llm_router_unhedged" => "RouterUnhedged", "llm_router_hedged" => "RouterHedged",
                "llm_router_hedged_p95" => "RouterHedgedP95", "llm_router_plain" => "RouterPlain",
                "llm_router_unlimited" => "RouterUnlimited",
                "llm_router_row" => "RouterRow", "net_http" => "NetHttp", "net_http_row" => "NetHttpRow",
                "faraday" => "FaradayEachCall", "faraday_persistent" => "FaradayPersistent",
                "httpx" => "HttpxKeptAlive", "ruby_llm" => "RubyLlm", "ruby_llm_row" => "RubyLlmRow" }.freeze
    private_constant :ROOT, :RUNNER, :CLASSES

    # @return [String]
    attr_reader :name

    # @param name [String] a file in benchmark/clients, or {RAW}
    def self.named(name)
      name == RAW ? Raw.new(name) : new(name)
    end

    def initialize(name)
      @name = name
    end

    # @return [String, nil] what it is and its version; nil where it is not installed
    def version
      return @version if defined?(@version)

      code = "require #{File.join(ROOT, 'benchmark/clients', file).dump}; print #{CLASSES.fetch(file)}::VERSION"
      out, status = Open3.capture2(*ruby, "-e", code, err: File::NULL)
      @version = status.success? ? out : nil
    end

    # @return [Hash] figures
    def measure(scenario, url)
      job = { timeout: 30, cooldown: true, **scenario.job, client: file, class: CLASSES.fetch(file), url: url }
      job[:models] = job[:models].drop(1) if name != file
      job[:database] &&= Database.config
      run(scenario, *ruby, RUNNER, JSON.generate(job))
    end

    private

    # Calls of a chain without its primary go to the same client.
    def file
      name.delete_suffix("_without_primary")
    end

    def ruby
      [RbConfig.ruby, "-I", File.join(ROOT, "lib")]
    end

    def run(scenario, *command)
      pin = scenario.pinned ? %w[taskset -c 0] : []
      out = status = nil
      # A machine that stands still may miss the timeout of both models.
      Stalls.outlive { (out, status = Open3.capture2(*pin, *command)) && status.success? }
      raise "#{name}, #{scenario.id}: ended with #{status}" unless status.success?

      JSON.parse(out, symbolize_names: true)
    end
  end

  # The limit: no Ruby at all.
  class Raw < Client
    def version
      "reqwest #{File.read(File.join(ROOT, 'Cargo.lock'))[/name = "reqwest"\nversion = "(.*?)"/, 1]}"
    end

    def measure(scenario, url)
      calls, threads, models = scenario.job.values_at(:calls, :threads, :models)
      at_once = scenario.metric == :memory ? calls : threads
      run(scenario, File.join(ROOT, "target/release/examples/raw_reqwest"), url, calls.to_s, at_once.to_s, *models)
    end
  end
end
