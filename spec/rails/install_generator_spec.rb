# frozen_string_literal: true

require "tmpdir"

# In a Ruby of its own, for it loads Rails.
RSpec.describe "rails generate llm_router:install", :slow do
  around { |example| Dir.mktmpdir("llm_router") { |directory| (@app = directory) && example.run } }

  def generate(*arguments, behavior: :invoke, prepare: "require 'rails'; require 'active_record/railtie'")
    lib = File.expand_path("../../lib", __dir__)
    code = "#{prepare}; require 'rails/generators'; " \
           "Rails::Generators.invoke('llm_router:install', ARGV, behavior: :#{behavior}, destination_root: Dir.pwd)"
    IO.popen([RbConfig.ruby, "-I", lib, "-e", code, "--", *arguments], chdir: @app, err: %i[child out], &:read)
  end

  def files
    Dir.glob("**/*.rb", base: @app).map { |file| file.sub(/\d{14}/, "TIME") }
  end

  def content(pattern)
    File.read(Dir[File.join(@app, pattern)].fetch(0))
  end

  it "writes the initializer, the model and its migration, and says what is next" do
    output = generate
    expect(files).to contain_exactly("config/initializers/llm_router.rb", "app/models/llm_budget.rb",
                                     "db/migrate/TIME_create_llm_budgets.rb", "db/migrate/TIME_create_llm_record.rb")
    expect(content("app/models/llm_budget.rb")).to eq(<<~RUBY)
      class LlmBudget < ApplicationRecord
        include LlmRouter::Budget
      end
    RUBY
    expect(content("db/migrate/*create_llm_budgets*"))
      .to match(/\Aclass CreateLlmBudgets < ActiveRecord::Migration\[\d\.\d\]$/)
      .and include("create_table :llm_budgets, **", "create_table :llm_reservations", "create_table :llm_charges")
    expect(output).to include("bin/rails credentials:edit", "bin/rails db:migrate", "default_cap_usd",
                              "LlmBudget.for(organization)")
  end

  it "writes an initializer that works: three models, and no vendor twice in a row" do
    generate
    credentials = Struct.new(:key) { def dig(*path) = path == %i[openrouter api_key] ? key : nil }
    app = Struct.new(:credentials).new(credentials.new("sk-secret"))
    require "active_support/core_ext/object/blank"
    require "active_support/string_inquirer"
    stub_const("Rails", Struct.new(:application, :env).new(app, ActiveSupport::StringInquirer.new("test")))
    LlmRouter.configure { |config| config.logger = Logger.new(log_io) }
    load File.join(@app, "config/initializers/llm_router.rb")
    expect(LlmRouter.config.chain_names).to eq([:default])
    expect(LlmRouter.config.api_key.reveal).to eq("sk-secret")
    chain = LlmRouter.config.resolve(:default)
    expect(chain.models.size).to eq(3)
    expect(chain.candidates.map { |candidate| candidate.params[:max_tokens] }).to all(be_positive)
    expect(log).to be_empty
  end

  it "harms nothing when it runs again" do
    generate
    mine = Dir[File.join(@app, "**/*.rb")].to_h { |file| [file, "# mine: #{file}\n"] }
    mine.each { |file, text| File.write(file, text) }
    expect(generate.scan("skip").size).to eq(4)
    expect(Dir[File.join(@app, "**/*.rb")].to_h { |file| [file, File.read(file)] }).to eq(mine)
  end

  it "leaves the budget out where that is wanted, or where there is no Active Record" do
    output = generate("--skip-budget")
    expect(files).to eq(["config/initializers/llm_router.rb"])
    expect(output).to include("LlmRouter::Unlimited")
    expect(output).not_to include("db:migrate")
    FileUtils.rm_rf(File.join(@app, "config"))
    expect(generate(prepare: "require 'rails'")).to include("LlmRouter::Unlimited")
    expect(files).to eq(["config/initializers/llm_router.rb"])
  end

  it "takes the kind of key that the app's tables have" do
    app = "require 'rails/all'; Class.new(Rails::Application) { config.eager_load = false; config.root = Dir.pwd; " \
          "config.generators.orm :active_record, primary_key_type: :uuid }; Rails.application"
    generate(prepare: app)
    expect(content("db/migrate/*create_llm_budgets*")).to include("create_table :llm_budgets, id: :uuid, **",
                                                                  "t.references :budget, type: :uuid, null: false")
  end

  it "takes its files away again" do
    generate
    generate(behavior: :revoke)
    expect(files).to be_empty
  end

  it "explains itself" do
    help = generate("--help", prepare: "require 'rails'")
    expect(help).to include("--skip-budget", "Leave out the LlmBudget model", "Existing files are left alone")
    expect(help).not_to include("initializer.rb.tt")
  end
end
