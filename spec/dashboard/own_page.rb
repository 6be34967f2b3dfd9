# frozen_string_literal: true

require "fileutils"
require "net/http"
require "tmpdir"
require "yaml"

# The app of page_app.rb, in a process of its own.
class OwnPage
  APP = File.join(__dir__, "page_app.rb")

  attr_reader :url

  # @param config [Hash] how Active Record connects
  def initialize(config)
    @root = Dir.mktmpdir("page_app")
    FileUtils.mkdir_p(File.join(@root, "config"))
    File.write(File.join(@root, "config/database.yml"), { "production" => config.transform_keys(&:to_s) }.to_yaml)
    env = { "RAILS_ENV" => "production", "PAGE_ROOT" => @root, "OPENROUTER_API_KEY" => nil }
    @io = IO.popen([env, RbConfig.ruby, "-I", File.expand_path("../../lib", __dir__), APP], "r+")
    port = @io.gets or raise "the page's app did not start"
    @url = "http://127.0.0.1:#{port.strip}"
  end

  # @return [String] what the code returns there, inspected
  def eval(code)
    response = Net::HTTP.post(URI("#{url}/eval"), code)
    raise response.body unless response.is_a?(Net::HTTPOK)

    response.body
  end

  def stop
    @io.close
    FileUtils.rm_rf(@root)
  end
end
