# frozen_string_literal: true

# A program: see bin/screenshots.
require "erb"
require "llm_router"
require_relative "../support/databases"
require_relative "../budget/budget_table"
require_relative "own_page"
require_relative "played_day"
require_relative "browser"

# Makes the pictures.
module Screenshots
  # File, path, width, height and theme.
  PICTURES = [
    ["overview", "", 900, 560, "light"], ["overview_dark", "", 375, 640, "dark"],
    ["chains", "/chains", 800, 480, "light"], ["incident", "/incidents/9", 800, 440, "light"],
    ["report", "/report", 800, 560, "dark"]
  ].freeze
  SETTINGS = <<~RUBY
    LlmRouter.configure do |config|
      config.record_calls = true
      config.dashboard_access { "ada" }
      config.api_key = "sk-test"
      config.health_store = ActiveSupport::Cache::MemoryStore.new
      config.chain :support, [
        { model: "anthropic/claude-sonnet-4.5", price: { prompt: "0.000003", completion: "0.000015" } },
        { model: "google/gemini-2.5-flash", price: { prompt: "0.0000003", completion: "0.0000025" } },
        { model: "meta-llama/llama-3.3-70b-instruct", price: { prompt: "0.00000012", completion: "0.0000003" } }
      ]
    end
    chain = LlmRouter.config.resolve(:support)
    LlmRouter.config.shared_health.cooldown_started(chain.candidates.first, seconds: 240, reason: :unavailable,
                                                    whole_endpoint: false)
  RUBY

  module_function

  # @param folder [String]
  # @param pictures [Array<Array>] as {PICTURES}
  def run(folder, pictures = PICTURES)
    BudgetTable.prepare(:sqlite)
    play
    page = OwnPage.new(Databases.send(:sqlite).merge(pool: 5))
    page.eval(SETTINGS)
    Browser.open do |browser|
      pictures.each do |name, path, width, height, theme|
        browser.visit("#{page.url}/llm#{path}", width: width, height: height, theme: theme)
        save(browser, File.join(folder, "#{name}.png"))
      end
    end
  ensure
    page&.stop
  end

  def play
    ENV["RAILS_ENV"] = "production"
    day = PlayedDay.new(BudgetTable::LlmBudget)
    day.stats(days: 40)
    day.incidents(60)
    day.budgets([nil, *Array.new(6) { BudgetTable::Organization.create! }])
  end

  def save(browser, path)
    browser.save(path)
    puts "#{path}: #{File.size(path) / 1024} kB"
  end
end

Screenshots.run(ARGV.fetch(0)) if $PROGRAM_NAME == __FILE__
