# frozen_string_literal: true

require "rails"
require "rails/engine"
require "action_dispatch"
require "erubi"
require "llm_router/record"

class LlmRouter
  # A page for the record of calls, budgets and switches, as a Rails engine: see docs/dashboard.md. It needs neither
  # assets, JavaScript nor a session, and works in API-only apps. Nobody may see it until
  # {DashboardSettings#dashboard_access} says who.
  #
  # @example config/routes.rb
  #   mount LlmRouter::Dashboard => "/llm"
  class Dashboard < ::Rails::Engine
    %w[problem access token params template html chart csv traffic models price_list condition page paged
       pages/overview pages/chains pages/switch_form pages/incidents pages/incident pages/budgets pages/charges
       pages/report app].each { |file| require "llm_router/dashboard/#{file}" }

    endpoint App
  end
end
