# frozen_string_literal: true

require "net/http"
require_relative "../record/record_helper"
require_relative "own_page"

# A Rails app of its own process that has the page mounted, over the database of the examples.
module DashboardHelper
  RECORD = LlmRouter::CallRecord

  # @return [Net::HTTPResponse]
  def get(path = "", **headers)
    http(Net::HTTP::Get.new(URI("#{app.url}/llm#{path}"), text(headers)))
  end

  def post(path, form, **headers)
    request = Net::HTTP::Post.new(URI("#{app.url}/llm#{path}"), text(headers))
    request.set_form_data(form)
    http(request)
  end

  # What the code returns in the app, inspected.
  def in_app(code)
    app.eval(code)
  end

  def text(headers)
    headers.transform_keys { |name| name.to_s.tr("_", "-") }
  end

  def http(request)
    Net::HTTP.start(request.uri.host, request.uri.port) { |connection| connection.request(request) }
             .tap { |response| response.body&.force_encoding(Encoding::UTF_8) }
  end

  # Ada may see everything.
  def let_in
    in_app('LlmRouter.configure { |config| config.dashboard_access { "ada" } }')
  end

  def stat(**row)
    columns = { starts_at: Time.now - 60, chain: "default", feature: "", environment: "production",
                model: Support::PRIMARY, outcome: "answered" }
    connection.execute(RECORD::Stat.insert(connection, [columns.merge(row)]))
  end

  def incident(**row)
    columns = { created_at: Time.now - 60, chain: "default", feature: "draft", environment: "production",
                outcome: "answered", model: Support::SECONDARY, endpoint: "openrouter", failed_model: Support::PRIMARY,
                reason: "timeout", duration: 2.5, cost_usd: BigDecimal("0.002"), hops: "[]", tags: "{}" }
    connection.execute(RECORD::Incident.insert(connection, [columns.merge(row)]))
    RECORD::Incident.model.maximum(:id)
  end

  # @return [String] what one reads on it
  def words(response)
    CGI.unescapeHTML(response.body[%r{<body.*</body>}m].gsub(/<[^>]+>/, " ")).squish
  end
end

RSpec.configure do |config|
  config.include DashboardHelper, :page
  config.before(:context, :page) do
    known = self.class.metadata[:database]
    config = Databases.send(known).merge(pool: 5)
    app = OwnPage.new(config)
    self.class.define_method(:app) { app }
    @page_app = app
  end
  config.after(:context, :page) { @page_app&.stop }
  config.before(:example, :page) do
    in_app(<<~RUBY)
      Rails.env = "production"
      LlmRouter.reset_configuration!
      LlmRouter.configure do |config|
        config.record_calls = true
        config.api_key = "secret-key"
        config.price_ttl = nil
        config.logger = Logger.new(IO::NULL)
      end
    RUBY
  end
end
